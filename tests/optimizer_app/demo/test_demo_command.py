"""`manage.py demo` against a running server."""

from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from optimizer_app.demo import sending as demo
from optimizer_app.demo.prompts import DemoError, read_prompts
from optimizer_app.models import ApiKey
from tests.provider.mock_provider import Reply
from token_optimizer import OptimizerConfig
from token_optimizer.optimizer.pipeline import optimize_body
from token_optimizer.tokens.counts import count_body

PROMPTS = read_prompts(Path(__file__).parents[3] / "examples" / "prompts")
PORT_OF_NOBODY = "http://127.0.0.1:1"


@pytest.fixture(autouse=True)
def _no_key_in_the_environment(monkeypatch):
    monkeypatch.delenv("OPTIMIZER_KEY", raising=False)


def run(account, **options):
    """What the command prints."""
    out = StringIO()
    call_command("demo", url=account.server.url, stdout=out, **options)
    return out.getvalue()


def table(account, **options):
    """The cells of the Markdown table, by the name in the first."""
    lines = run(account, markdown=True, **options).splitlines()
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return {row[0]: row[1:] for row in rows}


def test_it_works(account):
    printed = run(account, key=account.secret)
    for prompt in PROMPTS:
        before = count_body(prompt.body, prompt.dialect, prompt.body["model"])
        line = next(line for line in printed.splitlines() if prompt.name in line)
        assert prompt.dialect in line
        assert f" {before:,} " in line
    assert "Total" in printed


def test_the_numbers_are_those_of_what_the_provider_received(account, provider):
    rows = table(account, key=account.secret)
    assert [request.json["model"] for request in provider.requests] == [p.body["model"] for p in PROMPTS]
    totals = [0, 0]
    for prompt, request in zip(PROMPTS, provider.requests, strict=True):
        counts = [
            count_body(body, prompt.dialect, prompt.body["model"]) for body in (prompt.body, request.json)
        ]
        totals = [totals[0] + counts[0], totals[1] + counts[1]]
        assert rows[prompt.name][:4] == [prompt.dialect, *cells(*counts)]
    assert rows["Total"][1:4] == cells(*totals)


def cells(before, after):
    return [f"{before:,}", f"{after:,}", f"{100 * (before - after) / before:.1f} %"]


def test_the_gateway_saves_what_the_library_does(account):
    rows = table(account, key=account.secret)
    prompt = next(prompt for prompt in PROMPTS if prompt.name.startswith("Database settings"))
    result = optimize_body(prompt.body, prompt.dialect, config=OptimizerConfig.preset("balanced"))
    assert rows[prompt.name][2] == f"{result.stats.tokens_after:,}"


def test_without_a_key_it_issues_one_and_revokes_it(account):
    run(account)
    issued = ApiKey.objects.get(name=demo.KEY_NAME)
    assert issued.project_id == account.project.id
    assert issued.revoked_at is not None
    assert issued.last_used_at is not None


def test_the_key_is_revoked_where_the_demo_breaks_off(account):
    with pytest.raises(KeyboardInterrupt), demo.temporary_key():
        raise KeyboardInterrupt
    assert ApiKey.objects.get(name=demo.KEY_NAME).revoked_at is not None


def test_the_key_of_the_environment_is_used(account, monkeypatch):
    monkeypatch.setenv("OPTIMIZER_KEY", account.secret)
    run(account)
    assert not ApiKey.objects.filter(name=demo.KEY_NAME).exists()


def test_every_prompt_goes_as_often_as_asked(account, provider):
    table(account, key=account.secret, repeat=2)
    sent = [request.json["model"] for request in provider.requests]
    assert sent == 2 * [prompt.body["model"] for prompt in PROMPTS]


def test_a_prompt_that_was_refused_is_named_and_the_others_count(account, provider):
    provider.script(Reply(status=429, message="slow down"))
    out = StringIO()
    with pytest.raises(CommandError, match=f"{PROMPTS[0].name}: 429"):
        call_command("demo", url=account.server.url, key=account.secret, markdown=True, stdout=out)
    assert f"| {PROMPTS[0].name} | {PROMPTS[0].dialect} | – | – | failed |" in out.getvalue()
    assert len(provider.requests) == len(PROMPTS)


def test_where_nothing_runs_it_says_how_to_start(account):
    with pytest.raises(CommandError, match=r"no gateway answers at http://127\.0\.0\.1:1: .*bin/up"):
        call_command("demo", url=PORT_OF_NOBODY)
    assert not ApiKey.objects.filter(name=demo.KEY_NAME).exists()


def test_an_unknown_key_is_refused(account):
    with pytest.raises(CommandError, match="does not know the key"):
        run(account, key="tok_nobody_has_this_one")


def test_without_a_project_it_says_what_to_do(account):
    account.project.delete()
    with pytest.raises(CommandError, match="no project yet"):
        run(account)


def test_another_service_is_told_apart(account, provider):
    with pytest.raises(CommandError, match="healthz answers 404"):
        call_command("demo", url=provider.url)


@pytest.mark.parametrize(
    "arguments", [["--repeat", "0"], ["--repeat", "many"], ["--pause", "-1"], ["--pause", "nan"]]
)
def test_numbers_that_make_no_sense_are_refused(arguments):
    with pytest.raises(CommandError, match=arguments[0]):
        call_command("demo", *arguments)


def test_times_are_medians_and_tokens_those_of_the_newest():
    row = demo.Row("a", "openai", [demo.Sending(10, 5, ms, 10 * ms) for ms in (1.0, 9.0, 2.0)])
    row.sendings[-1] = demo.Sending(10, 4, 2.0, 20.0)
    assert (row.tokens_after, row.added_ms, row.total_ms) == (4, 2.0, 20.0)
    assert demo.total([row, demo.Row("failed", "openai", error="500")]).tokens_after == 4


def test_a_folder_without_prompts_is_named(tmp_path):
    with pytest.raises(DemoError, match=str(tmp_path)):
        read_prompts(tmp_path)
