"""The documents and configs pages as a reader meets them: files dropped, read, embedded by a real worker."""

from __future__ import annotations

import asyncio
import base64
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import FileChooser, Page, expect

from optimizer_app.models import ApiKey, Document, OptimizationConfig, Project
from tests.browser.conftest import OpenPage, Site
from tests.browser.looks import assert_accessible
from tests.dashboard.documents.rows import make_document
from tests.patience import PATIENCE_SECONDS
from tests.servers.celery_worker import celery_worker

pytestmark = [pytest.mark.browser, pytest.mark.long, pytest.mark.asyncio(loop_scope="session")]

LONG = "the-quarterly-report-of-the-platform-team-with-all-of-its-appendices-" * 3
STATES: list[dict[str, Any]] = [
    {"state": "queued", "chunks": 0, "embedded": 0, "tokens": 0, "source": b"a"},
    {"state": "reading", "chunks": 0, "embedded": 0, "tokens": 0, "source": b"a"},
    {"state": "chunking", "chunks": 0, "embedded": 0, "tokens": 0, "source": b"a"},
    {"state": "embedding", "chunks": 1040, "embedded": 300, "source": b"a"},
    {"state": "embedding", "embedded": 1, "reason": "no embedding process runs on this machine"},
    {
        "state": "failed",
        "chunks": 0,
        "embedded": 0,
        "tokens": 0,
        "reason": "the PDF is encrypted",
        "source": b"a",
        "title": "",
    },
    {"state": "failed", "reason": "the file is empty", "source": b"a"},
    {"state": "cancelled", "chunks": 0, "embedded": 0, "tokens": 0, "source": b"a"},
    {"title": LONG, "external_id": f"{LONG}.md", "tokens": 9_876_543, "size_bytes": 50 * 1024**2},
    {"title": "Störungen & <b>Ausfälle</b> 障害対応マニュアル", "media_type": "application/x-odd"},
    {"state": "done", "reason": "the change was cancelled: the version before it is still in use"},
]
# Files dropped on the zone, as the browser would hand them over: [name, content in base64].
_DROP = """(files) => {
    const transfer = new DataTransfer();
    for (const [name, data] of files) {
        transfer.items.add(new File([Uint8Array.from(atob(data), (c) => c.charCodeAt(0))], name));
    }
    const zone = document.querySelector(".drop-zone");
    for (const kind of ["dragenter", "dragover", "drop"]) {
        zone.dispatchEvent(new DragEvent(kind, {bubbles: true, cancelable: true, dataTransfer: transfer}));
    }
}"""


@pytest.fixture
def documents(site: Site) -> list[Document]:
    """Documents in every state, the first one the newest."""
    return [
        make_document(site.project, **{"name": f"file-{n}.md", **fields}, age=timedelta(minutes=n + 1))
        if "external_id" not in fields
        else make_document(
            site.project,
            fields["external_id"],
            age=timedelta(minutes=n + 1),
            **{key: value for key, value in fields.items() if key != "external_id"},
        )
        for n, fields in enumerate(STATES)
    ]


@pytest.fixture
def config(site: Site) -> OptimizationConfig:
    fields = {"target_reduction": 0.6, "junk_regexes": [r"^\s*$", "^(Sure|Okay).{0,200}$"]}
    config = OptimizationConfig.objects.create(
        project=site.project, name=LONG[:60], preset="aggressive", fields=fields, is_default=True
    )
    ApiKey.issue(project=site.project, name="a key with a long name " * 4, secret="tok_retired")[0].revoke()
    return config


@pytest.fixture
def worker(site: Site, empty_store: None, ready: tuple[Any, Path], tmp_path: Path) -> Iterator[Any]:
    """A Celery worker on the queue of documents. What is given is the embedding process that it asks, which
    may be stopped to hold the work."""
    celery = [
        sys.executable,
        "-m",
        "celery",
        "--app",
        "config",
        "worker",
        "--pool",
        "solo",
        "--queues",
        "ingest",
    ]
    embedding, socket_path = ready
    with celery_worker(celery, tmp_path / "worker.log", state_dir=socket_path.parent.parent):
        yield embedding
        embedding.send_signal(signal.SIGCONT)


async def drop(page: Page, **files: bytes) -> None:
    await page.evaluate(_DROP, [[name, base64.b64encode(data).decode()] for name, data in files.items()])


def row(page: Page, name: str) -> Any:
    return page.locator("tr[data-row]").filter(has_text=name)


async def test_files_dropped_are_read_and_embedded_before_the_readers_eyes(
    open_page: OpenPage, worker: subprocess.Popen[str]
) -> None:
    files = {f"note-{n}.txt": f"Note {n}: nothing of interest.".encode() for n in range(8)}
    files["guide.md"] = b"# Guide\n\nThe seventh pump leaks.\n\n## Repairs\n\nCall the workshop."
    async with open_page("/documents") as watched:
        page = watched.page
        await expect(page.get_by_text("No document yet")).to_be_visible()
        await page.evaluate("window.notReloaded = true")
        worker.send_signal(signal.SIGSTOP)
        await drop(page, **files, **{"broken.pdf": b"%PDF-1.7 and then nothing", "empty.txt": b""})
        await expect(page.locator("tr[data-row]")).to_have_count(11)
        await expect(page.locator(".upload")).to_have_count(0)
        await expect(page.locator(".d-state.embedding")).to_contain_text("embedded 0 of")
        assert await page.evaluate("window.notReloaded")
        # Leaving the page stops nothing.
        await watched.open("/configs")
        await watched.open("/documents")
        await page.evaluate("window.notReloaded = true")
        await expect(page.locator(".d-state.embedding")).to_have_count(1)
        worker.send_signal(signal.SIGCONT)
        await expect(page.locator(".d-state.done")).to_have_count(9)
        await expect(row(page, "broken.pdf")).to_contain_text("The PDF is broken.")
        await expect(row(page, "empty.txt")).to_contain_text("The file is empty.")
        assert await page.evaluate("window.notReloaded")
        await page.keyboard.press("/")
        await page.keyboard.type("Which pump leaks?")
        await page.keyboard.press("Enter")
        await expect(page.locator(".hit").first).to_contain_text("The seventh pump leaks.")
        await _switch_retrieval_on(page)
        await watched.open("/")
        await watched.send("Which pump leaks?")
        await page.locator(".requests [data-row] a").first.click()
        await expect(page.locator(".lead")).to_contain_text("Stored documents brought")


async def _switch_retrieval_on(page: Page) -> None:
    """By the link that the page of documents has for it, as the project's default."""
    # In one moment: news may put another link in its place between a button's way down and up.
    await page.get_by_role("link", name="make one").dispatch_event("click")
    await page.get_by_label("Name", exact=True).fill("agents")
    await page.get_by_role("button", name="Make the config").click()
    retrieves = page.get_by_label("Retrieve documents")
    await retrieves.wait_for()
    # Before the scripts are there, nothing would save what is checked.
    await page.wait_for_load_state("load")
    await retrieves.check()
    await expect(page.locator("#draft-state")).to_contain_text("1 change")
    await page.get_by_role("button", name="Publish…").click()
    await page.get_by_role("button", name="Publish v2").click()
    await expect(page.locator(".messages")).to_contain_text("v2 is live")
    await page.get_by_role("button", name="Make it the default").click()
    await expect(page.locator(".messages")).to_contain_text("use agents from now on")


async def test_a_refused_file_takes_none_along(open_page: OpenPage) -> None:
    async with open_page("/documents") as watched:
        page = watched.page
        await page.evaluate("document.querySelector('[data-drop]').dataset.maxBytes = '1000'")
        await drop(page, **{"huge.log": b"a" * 1001, "small.md": b"Small."})
        await expect(row(page, "small.md")).to_have_count(1)
        refused = page.locator(".upload")
        await expect(refused).to_have_count(1)
        await expect(refused).to_contain_text("Refused: larger than 50 MB")
        await page.get_by_role("button", name="Dismiss huge.log").click()
        await expect(refused).to_have_count(0)


async def test_the_servers_refusal_is_said_at_the_file(open_page: OpenPage) -> None:
    async with open_page("/documents") as watched:
        page = watched.page
        await page.get_by_text("Type and metadata of these files").click()
        await page.locator("#upload-metadata").fill("no pairs")
        async with page.expect_response("**/documents/upload"):
            await drop(page, **{"a.md": b"Text."})
        await expect(page.locator(".upload")).to_contain_text("Refused: 'no pairs' is not key=value")
        assert [text for text in watched.troubles if "400" in text], "Chromium itself names the status"
        watched.troubles.clear()


async def test_files_are_chosen_by_keyboard_alone(open_page: OpenPage) -> None:
    async with open_page() as watched:
        page = watched.page
        # Long before it opens: the browser takes a moment to hand choosers over.
        opened: asyncio.Future[FileChooser] = asyncio.get_running_loop().create_future()
        page.on("filechooser", lambda chooser: opened.set_result(chooser))
        await page.keyboard.press("g")
        await page.keyboard.press("d")
        await page.wait_for_url("**/documents")
        field = page.get_by_label("Files", exact=True)
        while not await field.evaluate("field => field === document.activeElement"):
            await page.keyboard.press("Tab")
        await page.keyboard.press("Enter")
        chooser = await asyncio.wait_for(opened, PATIENCE_SECONDS)
        await chooser.set_files([{"name": f"{n}.md", "mimeType": "", "buffer": b"Text."} for n in ("a", "b")])
        await expect(page.locator("tr[data-row]")).to_have_count(2)


async def test_the_readers_place_in_the_list_outlives_a_refresh(
    open_page: OpenPage, documents: list[Document]
) -> None:
    async with open_page("/documents") as watched:
        page = watched.page
        await page.keyboard.press("j")
        await page.keyboard.press("j")
        await page.evaluate(
            "new Promise(done => { document.body.addEventListener('htmx:after:swap', done, {once: true});"
            " document.body.dispatchEvent(new CustomEvent('tick')); })"
        )
        await expect(page.locator("tr.at")).to_have_id(f"d-{documents[1].pk}")


async def test_actions_change_the_row_in_place(open_page: OpenPage, documents: list[Document]) -> None:
    async with open_page("/documents?name=file") as watched:
        page = watched.page
        await page.evaluate("window.notReloaded = true")
        failed = page.locator(f"#d-{documents[5].pk}")
        await failed.get_by_role("button", name="Try again").press("Enter")
        await expect(failed).to_contain_text("Queued")
        await failed.get_by_role("button", name="Cancel").click()
        await expect(failed).to_contain_text("Cancelled")
        assert await page.evaluate("window.notReloaded")


async def test_delete_asks_in_a_dialog(open_page: OpenPage, documents: list[Document]) -> None:
    async with open_page("/documents") as watched:
        page = watched.page
        dialog = page.get_by_role("dialog")
        doomed = page.locator(f"#d-{documents[9].pk}")
        delete = doomed.get_by_role("button", name="Delete").or_(doomed.get_by_role("link", name="Delete"))
        await delete.click()
        await expect(dialog).to_contain_text("Its 4 chunks and 4 vectors go with it")
        await assert_accessible(page)
        await page.keyboard.press("Escape")
        await expect(dialog).to_be_hidden()
        await delete.press("Enter")
        await dialog.get_by_role("link", name="Keep it").click()
        await expect(dialog).to_be_hidden()
        await delete.click()
        await dialog.get_by_role("button", name="Delete").click()
        await expect(dialog).to_be_hidden()
        await expect(doomed).to_have_count(0)
        await expect(page.locator("tr[data-row]")).to_have_count(len(documents) - 1)


async def test_filters_and_search_live_in_the_url(open_page: OpenPage, documents: list[Document]) -> None:
    async with open_page("/documents") as watched:
        page = watched.page
        await page.get_by_role("link", name="Failed 2").click()
        await page.wait_for_url("**/documents?state=failed#list")
        await expect(page.locator("tr[data-row]")).to_have_count(2)
        await page.keyboard.press("/")
        await page.keyboard.type("Anything about pumps?")
        await page.keyboard.press("Enter")
        await page.wait_for_url("**/documents?state=failed&q=Anything+about+pumps%3F#search")
        await expect(page.get_by_text("Nothing was found.")).to_be_visible()
        await page.go_back()
        await expect(page.locator("tr[data-row]")).to_have_count(2)


async def test_pages_look_right(
    open_page: OpenPage, documents: list[Document], config: OptimizationConfig
) -> None:
    async with open_page(None) as watched:
        await watched.look_at(
            "/documents",
            "/documents?state=failed",
            "/documents?name=none",
            "/documents?q=refunds&where=oops",
            f"/documents/{documents[8].pk}/delete",
            "/configs",
            f"/configs/{config.pk}",
        )


async def test_results_of_a_search_look_right(open_page: OpenPage, stored: None) -> None:
    async with open_page("/documents?q=What+about+the+pump%3F") as watched:
        await expect(watched.page.locator(".hit")).to_have_count(1)
        await expect(watched.page.get_by_text("Found by words alone: no embedding process")).to_be_visible()
        await watched.looks_right()


async def test_empty_pages_and_uploads_look_right(
    open_page: OpenPage, site: Site, other_project: Project
) -> None:
    async with open_page() as watched:
        page = watched.page
        await watched.look_at("/configs", "/documents")
        await page.get_by_label("Into the project").select_option("ci-agent")
        await drop(page, **{f"{LONG}.md": b"Text."})
        await expect(page.locator("tr[data-row]")).to_contain_text("ci-agent")
        await watched.looks_right()


@pytest.fixture
def other_project(site: Site) -> Project:
    return Project.objects.create(name="another project with a rather long name of its own")


@pytest.fixture
def stored(site: Site, empty_store: None, use_socket: Any, tmp_path: Path) -> None:
    """One document, found by its words."""
    from optimizer_app.ingest.accept import NewDocument, accept_documents
    from optimizer_app.ingest.work import ingest_due

    use_socket(tmp_path / "nobody.sock")
    text = f"# {LONG}\n\n" + "The pump was repaired, and nobody said why. " * 15
    metadata = {"team": LONG, "year": 2024}
    accept_documents(site.project, [NewDocument(f"{LONG}.md", text.encode(), metadata=metadata)])
    ingest_due()


async def test_files_are_uploaded_without_javascript(open_page: OpenPage, site: Site, tmp_path: Path) -> None:
    paths = [tmp_path / name for name in ("a.md", "b.md")]
    for path in paths:
        path.write_text("Text.")
    async with open_page(None) as watched:
        page = await watched.without_javascript()
        await page.goto(f"{site.url}/documents")
        await page.get_by_label("Files", exact=True).set_input_files(paths)
        await page.get_by_role("button", name="Upload").click()
        await expect(page.get_by_text("2 files were taken in.")).to_be_visible()
        await page.get_by_role("button", name="Cancel: a.md").click()
        await expect(row(page, "a.md")).to_contain_text("Cancelled")
        await page.get_by_role("link", name="Delete: a.md").click()
        await page.get_by_role("button", name="Delete", exact=True).click()
        await expect(page.get_by_text("a.md was deleted.")).to_be_visible()
        await expect(page.locator("tr[data-row]")).to_have_count(1)
        await page.context.close()
