"""The embedding process with the packaged model, and its client, in each phase of its life."""

from __future__ import annotations

import asyncio
import signal
import socket
import stat
import subprocess
import threading
from pathlib import Path

import numpy as np
import psutil
import pytest
from django.conf import settings as django_settings

from optimizer_app.embeddings.client import EmbeddingsUnavailable, aembed, astatus, embed, status
from optimizer_app.embeddings.process import NICENESS, EmbeddingProcess, _serve
from optimizer_app.embeddings.wire import (
    BadMessage,
    EmbeddingStatus,
    Question,
    decoded_answer,
    decoded_question,
    encoded_answer,
    encoded_question,
)
from tests.patience import PATIENCE_SECONDS
from tests.servers.embedding_server import embedding_process, wait_until_it_listens
from tests.state_folder import state_folder

MODEL = "sentence-transformers/all-MiniLM-L6-v2"


def test_it_works(embeddings: subprocess.Popen[str]) -> None:
    assert status() == EmbeddingStatus("ready", MODEL, "wheel", django_settings.EMBEDDING_MODEL)
    texts = ["the cat sat", "stock prices fell", "a feline rested"]
    vectors = embed(texts)
    assert (vectors.shape, vectors.dtype) == ((3, 384), np.float32)
    assert vectors[0] @ vectors[2] > vectors[0] @ vectors[1]


async def test_it_works_without_blocking(embeddings: subprocess.Popen[str]) -> None:
    assert (await astatus()).state == "ready"
    together = await asyncio.gather(*[aembed([f"question {n}"], query=True) for n in range(20)])
    assert np.allclose(np.concatenate(together), embed([f"question {n}" for n in range(20)]), atol=1e-5)


def test_many_odd_texts_have_a_row_each(embeddings: subprocess.Popen[str]) -> None:
    texts = ["", "a\ud800b", "x" * 1_000_000, "word " * 200_000, *(f"text {n}" for n in range(100))]
    vectors = embed(texts)
    assert vectors.shape == (104, 384)
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert np.allclose(vectors[60], embed([texts[60]])[0], atol=1e-5)
    assert embed([]).shape == (0, 384)


def test_only_its_owner_may_ask(ready: tuple[subprocess.Popen[str], Path]) -> None:
    assert stat.S_IMODE(ready[1].stat().st_mode) == 0o600


def test_it_yields_to_requests(embeddings: subprocess.Popen[str]) -> None:
    # The kernel knows no niceness above 19.
    assert psutil.Process(embeddings.pid).nice() >= min(psutil.Process().nice() + NICENESS, 19)


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"\0\0\n\n",
        b"GET /embed HTTP/1.1\r\nHost: x\r\n\r\n",
        b"POST /embed HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc",
        b"POST /embed HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999\r\n\r\nabc",
    ],
)
def test_what_is_no_question_is_refused_and_harms_nobody(
    embeddings: subprocess.Popen[str], ready: tuple[subprocess.Popen[str], Path], sent: bytes
) -> None:
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(PATIENCE_SECONDS)
        connection.connect(str(ready[1]))
        connection.sendall(sent)
        connection.shutdown(socket.SHUT_WR)
        assert connection.recv(100)[:11] in (b"", b"HTTP/1.0 40", b"HTTP/1.1 40")
    assert status().state == "ready"


def test_a_caller_that_does_not_wait_is_told_so(embeddings: subprocess.Popen[str]) -> None:
    with pytest.raises(EmbeddingsUnavailable, match=r"did not answer in 0\.001 s"):
        embed(["a text that nobody has asked for"] * 32, timeout_seconds=0.001)


def test_a_second_process_leaves_the_first_alone(ready: tuple[subprocess.Popen[str], Path]) -> None:
    folder = ready[1].parent.parent
    with embedding_process(folder) as second:
        assert second.wait(PATIENCE_SECONDS) == 1
    assert "another embedding process runs on" in (folder / "embedding.log").read_text()


def test_nobody_is_there(use_socket, tmp_path: Path) -> None:
    use_socket(tmp_path / "embedding.sock")
    assert status() == EmbeddingStatus("absent", reason="no embedding process runs on this machine")
    with pytest.raises(EmbeddingsUnavailable, match="no embedding process runs on this machine"):
        embed(["a"])


async def test_nobody_is_there_without_blocking(use_socket, tmp_path: Path) -> None:
    use_socket(tmp_path / "embedding.sock")
    assert (await astatus()).state == "absent"
    with pytest.raises(EmbeddingsUnavailable, match="no embedding process runs on this machine"):
        await aembed(["a"])


def test_while_it_loads_callers_go_on_or_wait_and_sigterm_ends_it(use_socket) -> None:
    with state_folder() as folder, embedding_process(folder) as process:
        use_socket(folder / "run" / "embedding.sock")
        wait_until_it_listens(process)
        with pytest.raises(EmbeddingsUnavailable) as refused:
            embed(["a"])
        assert refused.value.status.state == "loading"
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE_SECONDS) == 0
        assert status().state == "absent"
        assert not (folder / "run" / "embedding.sock").exists()


def test_a_folder_with_a_long_path_serves_and_a_killed_process_is_followed_by_another(use_socket) -> None:
    with state_folder() as folder:
        long = folder / ("long" * 20) / ("path" * 20)
        long.mkdir(parents=True)
        use_socket(long / "run" / "embedding.sock")
        for _ in range(2):  # the second one finds the socket that the killed one left
            with embedding_process(long, OPTIMIZER_EMBEDDING_MODEL="/nowhere/model") as process:
                wait_until_it_listens(process)
                with pytest.raises(EmbeddingsUnavailable, match="there is no embedding model at"):
                    embed(["a"], wait=True)
                assert status().state == "absent"
                assert status().asked_for == "/nowhere/model"


@pytest.mark.parametrize("cut", [0, 3, 30, 200, 2000])
def test_an_answer_that_breaks_off_counts_as_none(use_socket, tmp_path: Path, cut: int) -> None:
    path = tmp_path / "s"
    use_socket(path)
    body = encoded_answer(EmbeddingStatus("ready", MODEL), np.ones((2, 384), dtype=np.float32))
    whole = f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()
        thread = threading.Thread(target=answer_once, args=(listener, whole[:cut]), daemon=True)
        thread.start()
        with pytest.raises(EmbeddingsUnavailable):
            embed(["a", "b"])
        thread.join(PATIENCE_SECONDS)


def answer_once(listener: socket.socket, data: bytes) -> None:
    connection, _ = listener.accept()
    with connection:
        connection.recv(65536)
        connection.sendall(data)


def test_messages_survive_the_wire() -> None:
    vectors = np.arange(768, dtype=np.float32).reshape(2, 384)
    ready = EmbeddingStatus("ready", MODEL, "hub", "x")
    read, back = decoded_answer(encoded_answer(ready, vectors))
    assert read == ready
    assert np.array_equal(back, vectors)
    asked = Question(("ä", ""), query=True)
    assert decoded_question(encoded_question(asked)) == asked


@pytest.mark.parametrize("data", [b"", b"abc", encoded_question(Question(("a",)))])
def test_what_is_no_answer_is_a_bad_message(data: bytes) -> None:
    with pytest.raises(BadMessage):
        decoded_answer(data)


async def test_a_caller_that_leaves_takes_its_texts_off_the_queue(use_socket, tmp_path: Path) -> None:
    use_socket(tmp_path / "s")
    process = EmbeddingProcess(MODEL)
    process.status = EmbeddingStatus("ready", MODEL)
    serving = asyncio.create_task(_serve(process, tmp_path / "s"))
    async with asyncio.timeout(PATIENCE_SECONDS):
        while (await astatus()).state != "ready":
            continue
        asking = asyncio.create_task(aembed(["a"]))
        while not (jobs := process._queue._jobs):
            await astatus()
        asking.cancel()
        while not jobs[0].answer.cancelled():
            await astatus()
    serving.cancel()
