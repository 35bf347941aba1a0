"""What must hold over two machines. Each check says what it found, and raises Missed where that is wrong."""

from __future__ import annotations

import itertools
import re
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from benchmarks.machines.site import Machine, Site
from optimizer_app.background.schedule_lease import LEADER_KEY, LEASE_SECONDS, RUNS_KEY
from optimizer_app.valkey.clients import sync_client
from tests.patience import PATIENCE_SECONDS

REQUESTS = 200
DOCUMENTS = 40
LIMIT = 25
CHAT = "/v1/chat/completions"
_LOG = "\n".join(f"2026-05-04T10:00:{n % 60:02d}Z INFO worker {n % 7} took job {n}" for n in range(900))
_FINISHED = re.compile(r"documents_finished.*count=(\d+)")
_ROLL_UP_LATER = """
from datetime import timedelta
from django.utils import timezone
from optimizer_app.rollups.rolling import roll_up_all
roll_up_all(timezone.now() + timedelta(minutes=30))
"""
_ROLLED_UP = """
from django.db.models import Sum
from optimizer_app.models import TraceRollup
print(TraceRollup.objects.filter(seconds=900, is_whole=True).aggregate(found=Sum("requests"))["found"])
"""
_TRACES = "from optimizer_app.models import RequestTrace; print(RequestTrace.objects.count())"
_LIMIT = "from optimizer_app.models import ApiKey; ApiKey.objects.update(max_requests_per_minute={})"


class Missed(Exception):
    """What should have held, and what was found."""


def conversations(site: Site) -> str:
    """Turns that change machines begin, at the provider, with the bytes of the turn before."""
    messages = [
        {"role": "user", "content": f"Read this log.\n\n{_LOG}"},
        {"role": "assistant", "content": "Yes."},
    ]
    site.provider.requests.clear()
    for turn, machine in zip(range(8), itertools.cycle(site.machines), strict=False):
        messages.append({"role": "user", "content": f"Which jobs did worker {turn} take after job {turn}99?"})
        machine.ask("POST", CHAT, {"model": "gpt-4o", "messages": messages})
        messages.append({"role": "assistant", "content": f"Jobs, in turn {turn}."})
    sent = [request.json["messages"] for request in site.provider.requests]
    stable = sum(later[: len(earlier)] == earlier for earlier, later in itertools.pairwise(sent))
    return _expected("turns that begin with the bytes of the turn before", stable, 7)


def traces(site: Site) -> str:
    """Each request through either machine has one trace."""
    before = int(site.machines[0].shell(_TRACES))
    _ask_both(site, REQUESTS)
    _until(lambda: int(site.machines[1].shell(_TRACES)) >= before + REQUESTS)
    return _expected("traces", int(site.machines[0].shell(_TRACES)) - before, REQUESTS)


def events(site: Site) -> str:
    """Each event of those requests comes once."""
    _until(lambda: len(_completed(site)) >= REQUESTS)
    time.sleep(5)  # for those that would come twice
    return _expected("events that came more than once", sum(n > 1 for n in _completed(site).values()), 0)


def limits(site: Site) -> str:
    """A key's requests of a minute are counted together."""
    site.machines[0].shell(_LIMIT.format(LIMIT))
    time.sleep(61 - time.time() % 60 if time.time() % 60 > 40 else 3)
    refused = _ask_both(site, 2 * LIMIT)[429]
    site.machines[0].shell(_LIMIT.format(None))
    return _expected("requests refused", refused, LIMIT)


def documents(site: Site) -> str:
    """Documents handed in at both machines are read once each, by the workers of both."""
    before = [_documents_of(machine) for machine in site.machines]
    jobs = []
    for number, machine in zip(range(DOCUMENTS), itertools.cycle(site.machines), strict=False):
        text = "\n\n".join(f"Pump {number} of hall {hall} is checked on day {hall}." for hall in range(60))
        body = {"documents": [{"id": f"pump-{number}", "content": text}]}
        jobs.append((machine, machine.ask("POST", "/v1/ingest", body).json()["job"]))
    for machine, job in jobs:
        _until(lambda m=machine, j=job: m.ask("GET", f"/v1/ingest/{j}").json()["status"] == "done", 300)
    time.sleep(2)
    done = [_documents_of(machine) - was for machine, was in zip(site.machines, before, strict=True)]
    return _expected("documents finished by both workers together", sum(done), DOCUMENTS) + f" ({done})"


def schedule(site: Site) -> str:
    """One machine's schedule leads, and the other's goes on when that one is killed."""
    with sync_client(site.machines[0].environment["REDIS_URL"], decode_responses=True) as valkey:

        def leader() -> Machine | None:
            holder = valkey.get(LEADER_KEY) or ""
            return next((each for each in site.machines if str(each.state_dir) in holder), None)

        _until(lambda: leader() is not None)
        first = leader()
        assert first is not None
        first.instance.kill_everything()
        killed = time.time()
        _until(lambda: leader() not in (None, first), 3 * LEASE_SECONDS)
        _until(lambda: float(valkey.hget(RUNS_KEY, "deliver-events") or 0) > killed, LEASE_SECONDS)
    return f"the other machine's schedule went on {time.time() - killed:.0f} s after a kill -9"


def rollups(site: Site) -> str:
    """Two that roll up at once count each trace once."""
    running = [machine for machine in site.machines if machine.instance.process.poll() is None]
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda _: running[0].shell(_ROLL_UP_LATER), range(2)))
    return _expected("requests in rollups", running[0].shell(_ROLLED_UP), running[0].shell(_TRACES))


CHECKS = (conversations, traces, events, limits, documents, schedule, rollups)


def _ask_both(site: Site, count: int) -> Counter[int]:
    """The statuses of so many requests, half of them through each machine."""
    body = {"model": "gpt-4o", "messages": [{"role": "user", "content": "Say hi."}]}

    def asked(machine: Machine) -> int:
        return machine.ask("POST", CHAT, body, may_fail=True).status_code

    with ThreadPoolExecutor(8) as pool:
        return Counter(pool.map(asked, itertools.islice(itertools.cycle(site.machines), count)))


def _completed(site: Site) -> Counter[str]:
    """How often each event about a whole request came."""
    found = list(site.receiver.events)
    return Counter(event["event_id"] for event in found if event["event_type"] == "optimization_completed")


def _documents_of(machine: Machine) -> int:
    return sum(int(count) for count in _FINISHED.findall(machine.log("celery-worker")))


def _expected(what: str, found: object, wanted: object) -> str:
    if found != wanted:
        raise Missed(f"{what}: {found}, not {wanted}")
    return f"{what}: {found}"


def _until(holds: Callable[[], bool], seconds: float = PATIENCE_SECONDS) -> None:
    give_up_at = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > give_up_at:
            raise Missed(f"it did not come true in {seconds:g} s")
        time.sleep(0.5)
