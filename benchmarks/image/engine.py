"""Buildah and Podman with a storage of their own, in one folder: nothing of the machine's is touched."""

from __future__ import annotations

import json
import resource
import shutil
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from benchmarks.packages.environments import Failed, run

_CONFIG = """
[containers]
default_ulimits = ["nofile={files}:{files}", "nproc=4096:4096"]
[network]
network_backend = "netavark"
[engine]
{runtime}
cgroup_manager = "cgroupfs"
events_logger = "file"
"""
_STORAGE = """
[storage]
driver = "overlay"
graphroot = "{folder}/images"
runroot = "{folder}/run"
"""
PROGRAMS = ("buildah", "podman")


@dataclass(frozen=True, slots=True)
class Engine:
    """Everything that it keeps lies in `folder`, which has room for some 4 GB."""

    folder: Path

    @classmethod
    def made(cls, folder: Path) -> Engine:
        for name in ("images", "run", "tmp"):
            (folder / name).mkdir(parents=True, exist_ok=True)
        files = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        # crun takes no machine on which both versions of control groups are mounted.
        runtime = 'runtime = "runc"' if shutil.which("runc") else ""
        (folder / "containers.conf").write_text(_CONFIG.format(files=files, runtime=runtime))
        (folder / "storage.conf").write_text(_STORAGE.format(folder=folder))
        return cls(folder)

    @property
    def variables(self) -> dict[str, str]:
        """What leads both programs, and podman-compose, here."""
        return {
            "CONTAINERS_CONF": str(self.folder / "containers.conf"),
            "CONTAINERS_STORAGE_CONF": str(self.folder / "storage.conf"),
            "TMPDIR": str(self.folder / "tmp"),
        }

    def buildah(self, *words: str | Path) -> str:
        return run("buildah", *words, variables=self.variables)

    def podman(self, *words: str | Path) -> str:
        """What it prints; Failed where it does not end well."""
        return run("podman", *words, variables=self.variables)

    def within(self, container: str, *command: str) -> str:
        """What a command prints that is run in a container, as the container's user."""
        return self.podman("exec", container, *command).strip()

    def is_well(self, container: str) -> bool:
        """Whether its health check passes now."""
        done = subprocess.run(
            ["podman", "healthcheck", "run", container],
            env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", **self.variables},
            capture_output=True,
        )
        return done.returncode == 0

    def stop(self, container: str, grace_seconds: int) -> float:
        """The seconds until it had ended; Failed where it did not end well within its grace."""
        started = time.monotonic()
        self.podman("stop", "--time", str(grace_seconds), container)
        seconds = time.monotonic() - started
        status = self.podman("inspect", "--format", "{{.State.ExitCode}}", container).strip()
        if status != "0":
            raise Failed(f"{container} ended with {status} after {seconds:.0f} s")
        return seconds

    def log(self, container: str) -> str:
        return self.podman("logs", container)

    def inspected(self, kind: str, name: str) -> dict[str, object]:
        """What `podman KIND inspect` says."""
        (found,) = json.loads(self.podman(kind, "inspect", name))
        return dict(found)

    def has(self, image: str) -> bool:
        return image in self.podman("images", "--format", "{{.Repository}}:{{.Tag}}").split()

    def end_all(self) -> None:
        """No container, network or volume is left."""
        self.podman("pod", "rm", "--all", "--force")
        self.podman("rm", "--all", "--force", "--volumes")
        self.podman("network", "prune", "--force")
        self.podman("volume", "prune", "--force")

    def remove(self) -> None:
        """The images, and the folder."""
        self.podman("image", "unmount", "--all", "--force")
        self.podman("rmi", "--all", "--force")
        shutil.rmtree(self.folder)
