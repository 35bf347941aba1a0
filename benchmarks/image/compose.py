"""docker-compose.yml as it stands, run by podman-compose: every part, its health, a request, and an end."""

from __future__ import annotations

import re
import shutil
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

import requests
import yaml

from benchmarks.image.building import IMAGE
from benchmarks.image.engine import Engine
from benchmarks.packages.environments import ROOT, Environment, Failed, run
from optimizer_app.instance.state import free_port

PROJECT = "optimizercheck"
PODMAN_COMPOSE = "podman-compose==1.6.0"
PATIENCE_SECONDS = 300
_COUNTED = "from optimizer_app.models import RequestTrace; print(RequestTrace.objects.count())"
_CANNOT_WRITE = "touch /app/new 2>/dev/null || id -u && grep CapEff /proc/1/status"


@dataclass(frozen=True, slots=True)
class Compose:
    """The services of one checkout, as containers of `engine`."""

    engine: Engine
    checkout: Path
    program: Path
    port: int = field(default_factory=free_port)

    @classmethod
    def made(cls, engine: Engine, checkout: Path) -> Compose:
        folder = engine.folder / "podman-compose"
        shutil.rmtree(folder, ignore_errors=True)
        environment = Environment.made(folder, sys.executable, PODMAN_COMPOSE)
        made = cls(engine, checkout, environment.venv / "bin/podman-compose")
        made._write_override()
        return made

    @property
    def services(self) -> dict[str, dict[str, Any]]:
        return dict(self._file["services"])

    @property
    def standins(self) -> list[str]:
        """The images of others, by their full names."""
        names = dict.fromkeys(each["image"] for each in self.services.values() if not _is_ours(each))
        return [f"docker.io/{name if '/' in name else f'library/{name}'}" for name in names]

    @property
    def own_parts(self) -> list[str]:
        """Those of our image that run on."""
        return [name for name, each in self.services.items() if _is_ours(each) and each["restart"] != "no"]

    @property
    def _file(self) -> dict[str, Any]:
        return dict(yaml.safe_load((self.checkout / "docker-compose.yml").read_text()))

    def _write_override(self) -> None:
        """Configs as files, since podman-compose knows none with content."""
        mounts = {}
        for service, each in self.services.items():
            for config in each.get("configs", ()):
                path = self.engine.folder / config["source"]
                content: str = self._file["configs"][config["source"]]["content"]
                path.write_text(content.replace("$$", "$"))
                mounts[service] = {"volumes": [f"{path}:{config['target']}:ro"]}
        (self.engine.folder / "override.yml").write_text(yaml.safe_dump({"services": mounts}))

    def start(self, *services: str) -> None:
        """These alone, with what Docker gives it: Podman's own writable folders are left out."""
        files = (self.checkout / "docker-compose.yml", self.engine.folder / "override.yml")
        run(
            *(self.program, "--profile", "tls", "--project-name", PROJECT),
            "--podman-run-args=--read-only-tmpfs=false",
            *(word for file in files for word in ("--file", file)),
            *("up", "--detach", "--no-build", "--no-deps", *services),
            variables={**self.engine.variables, "PORT": str(self.port), "DOMAIN": "localhost"},
        )

    def container(self, service: str) -> str:
        return f"{PROJECT}_{service}_1"

    def wait(self, service: str, condition: str) -> None:
        """Until it is `service_healthy`, or ended well where it is to end."""
        container = self.container(service)
        if condition == "service_completed_successfully":
            if (status := self.engine.podman("wait", container).strip()) != "0":
                raise Failed(f"{service} ended with {status}: {self.engine.log(container)[-600:]}")
            return
        patiently(lambda: self.engine.is_well(container), f"{service} is well")


def _is_ours(service: dict[str, Any]) -> bool:
    return str(service["image"]).startswith(f"{IMAGE}:")


def patiently(happened: Callable[[], bool], what: str) -> float:
    """The seconds that it took; Failed where it does not come."""
    started = time.monotonic()
    while not happened():
        if time.monotonic() - started > PATIENCE_SECONDS:
            raise Failed(f"{what}: not within {PATIENCE_SECONDS} s")
        time.sleep(1)
    return time.monotonic() - started


def start_all(compose: Compose) -> str:
    """In the order that `depends_on` asks for, until each health check has passed."""
    needs = {name: each.get("depends_on", {}) for name, each in compose.services.items()}
    started = time.monotonic()
    order = TopologicalSorter(needs)
    order.prepare()
    while order.is_active():
        ready = order.get_ready()
        for needed, how in ((needed, how) for each in ready for needed, how in needs[each].items()):
            compose.wait(needed, how["condition"])
        compose.start(*ready)
        order.done(*ready)
    checked = [name for name, each in compose.services.items() if "healthcheck" in each]
    for service in checked:
        compose.wait(service, "service_healthy")
    return (
        f"{len(needs)} services, {len(checked)} health checks passed after {time.monotonic() - started:.0f} s"
    )


def are_confined(compose: Compose) -> str:
    """No part of ours can write its files, is root, or has a capability."""
    for part in compose.own_parts:
        seen = compose.engine.within(compose.container(part), "sh", "-c", _CANNOT_WRITE).split()
        if seen != ["10001", "CapEff:", "0" * 16]:
            raise Failed(f"{part}: {seen}")
    return f"{', '.join(compose.own_parts)}: user 10001, no capabilities, no file written"


def answers(compose: Compose) -> str:
    """One request by OpenAI's SDK, its trace, and the same gateway through the proxy with TLS."""
    key = re.search(r"tok_\S+", compose.engine.log(compose.container("prepare")))
    if key is None:
        raise Failed("`prepare` showed no key")
    variables = {"OPTIMIZER_URL": f"http://127.0.0.1:{compose.port}", "OPTIMIZER_KEY": key[0]}
    example = ROOT / "examples/basic_usage.py"
    printed = run(sys.executable, example, variables=variables).strip().splitlines()[-1]
    web = compose.container("web")
    shell = ("python", "manage.py", "shell", "--verbosity", "0", "--command", _COUNTED)
    patiently(lambda: compose.engine.within(web, *shell).split()[-1:] == ["1"], "one trace is stored")
    authority = compose.engine.folder / "authority.crt"
    path = "/data/caddy/pki/authorities/local/root.crt"
    authority.write_text(compose.engine.within(compose.container("proxy"), "cat", path) + "\n")
    ready = requests.get("https://localhost/readyz", verify=str(authority), timeout=30).json()
    if ready["status"] != "ready":
        raise Failed(f"through the proxy: {ready}")
    return f"{printed}; one trace; {ready['status']} through the proxy by TLS"


def end(compose: Compose, services: list[str]) -> str:
    """Each by SIGTERM, within the time that its grace gives it."""
    ended = []
    for service in services:
        grace = int(str(compose.services[service].get("stop_grace_period", "10s")).removesuffix("s"))
        seconds = compose.engine.stop(compose.container(service), grace)
        ended.append(f"{service} {seconds:.1f} s")
    return ", ".join(ended)
