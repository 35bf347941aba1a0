"""Whether the service runs from the wheel: started, signed in to, asked, and ended."""

from __future__ import annotations

import re
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import requests

from benchmarks.packages.environments import Environment, Failed, plain_environment
from optimizer_app.instance.state import free_port

UP_WITHIN_SECONDS = 180
ENDS_WITHIN_SECONDS = 30
_TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')
_EXAMPLES = ("basic_usage", "anthropic_stream", "off_mode")


def service_works(environment: Environment) -> str:
    """All of it, with a state folder of its own."""
    # Where others may pass: started by root, the service goes on as an ordinary user.
    environment.work.parent.chmod(0o711)
    state = environment.work / "data"
    port = free_port()
    variables = {"PORT": str(port), "WEB_CONCURRENCY": "1", "XDG_DATA_HOME": str(state)}
    with _running(environment, variables) as (said, seconds):
        url = f"http://127.0.0.1:{port}"
        found = dict(re.findall(r"(password|API key:) +(\S+)", said))
        _signed_in(url, found["password"])
        key = {"OPTIMIZER_URL": url, "OPTIMIZER_KEY": found["API key:"]}
        environment.take_examples()
        for name in _EXAMPLES:
            environment.run(environment.python, "-m", f"examples.{name}", variables=key)
        checked = environment.run(environment.program, "manage", "check", variables=variables).strip()
    kept = sorted(path.name for path in environment.work.iterdir())
    if kept != ["data", "examples"] or not (state / "token-optimizer/secrets.json").exists():
        raise Failed(f"its state is not where it should be: {kept}")
    return f"up in {seconds:.0f} s; signed in; {len(_EXAMPLES)} examples; {checked}"


@contextmanager
def _running(environment: Environment, variables: dict[str, str]) -> Iterator[tuple[str, float]]:
    """What the start said, and how long it took."""
    log = environment.venv.parent / "up.log"
    started = time.monotonic()
    with log.open("wb") as output:
        process = subprocess.Popen(
            [environment.program, "up"],
            cwd=environment.work,
            env={**plain_environment(), **variables},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        yield _wait(process, log), time.monotonic() - started
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(ENDS_WITHIN_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            raise Failed(f"it did not end within {ENDS_WITHIN_SECONDS} s") from None


def _wait(process: subprocess.Popen[bytes], log: Path) -> str:
    give_up_at = time.monotonic() + UP_WITHIN_SECONDS
    while "is up at" not in (said := log.read_text()):
        if process.poll() is not None or time.monotonic() > give_up_at:
            raise Failed(f"`up` did not come up: {said.strip()[-600:]}")
        time.sleep(0.2)
    return said


def _signed_in(url: str, password: str) -> None:
    """The form, the overview behind it, and a style sheet that it names."""
    session = requests.Session()
    form = session.get(url)
    found = _TOKEN.search(form.text)
    if found is None:
        raise Failed(f"no form to sign in at {form.url}")
    fields = {"csrfmiddlewaretoken": found[1], "username": "admin", "password": password}
    page = session.post(form.url, data=fields, headers={"Referer": form.url})
    style = re.search(r'href="(/static/[^"]+\.css)"', page.text)
    if page.url.rstrip("/") != url or style is None:
        raise Failed(f"signing in led to {page.url} with status {page.status_code}")
    if session.get(url + style[1]).status_code != requests.codes.ok:
        raise Failed(f"{style[1]} is not served")
