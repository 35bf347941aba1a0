"""The pods of deploy/kubernetes/, run by `podman kube play` beside the databases of compose.

Podman 4 knows pods, but no jobs, no sidecars and no probes by HTTP: the template of a job or a deployment is
played as a pod, a sidecar as one of its containers, and probes are asked from here. Podman 4.3 cannot read
the Secrets that it makes, so what a Secret holds comes from a second ConfigMap.
"""

from __future__ import annotations

import secrets
import subprocess
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import yaml
from cryptography.fernet import Fernet

from benchmarks.image.compose import PROJECT, Compose, patiently
from benchmarks.image.engine import Engine
from benchmarks.packages.environments import Failed

_PROBES = ("startupProbe", "readinessProbe", "livenessProbe")
_NOT_PLAYED = (*_PROBES, "lifecycle", "restartPolicy")
_GET = "import sys, urllib.request; urllib.request.urlopen(sys.argv[1], timeout=9)"
_SECRET = "as-secret"
_DATABASES = ("DATABASE_URL", "REDIS_URL")


@dataclass(frozen=True, slots=True)
class Probe:
    """One command that must end well in a container, named as Podman names it."""

    container: str
    command: tuple[str, ...]


def pods_work(compose: Compose) -> str:
    """Every pod starts on its config and Secret, each probe passes, and SIGTERM ends all in their time."""
    resources = read_resources(compose.checkout / "deploy/kubernetes")
    configs = [each for each in resources if each["kind"] == "ConfigMap"]
    shared = [*configs, _secret(compose)]
    (job,) = (each for each in resources if each["kind"] == "Job")
    _play(compose.engine, [*shared, as_pod(job)])
    _wait_for_end(compose.engine, job)
    pods = [each for each in resources if each["kind"] == "Deployment"]
    for pod in pods:
        _play(compose.engine, [*shared, as_pod(pod)])
    asked = [probe for pod in pods for probe in probes_of(pod)]
    for probe in asked:
        patiently(partial(_passes, compose.engine, probe), f"{probe.container}: {probe.command}")
    ended = ", ".join(_end(compose.engine, pod) for pod in pods)
    return f"1 job, {len(pods)} pods, {len(asked)} probes passed; ended: {ended}"


def read_resources(folder: Path) -> list[dict[str, Any]]:
    """What the files hold, without the example of a Secret."""
    names = [path for path in sorted(folder.glob("*.yaml")) if path.name != "secret.example.yaml"]
    return [resource for path in names for resource in yaml.safe_load_all(path.read_text())]


def as_pod(resource: dict[str, Any]) -> dict[str, Any]:
    """The pod of a job or a deployment, as far as Podman knows such."""
    spec = deepcopy(resource["spec"]["template"]["spec"])
    before = spec.pop("initContainers", [])
    sidecars = [each for each in before if each.get("restartPolicy") == "Always"]
    spec["containers"] += sidecars
    spec["initContainers"] = [each for each in before if each not in sidecars]
    # Podman would start a container that ended well again, those that run before the others too.
    spec["restartPolicy"] = "OnFailure"
    # Podman has one volume of a name for all pods.
    for volume in spec["volumes"]:
        volume["name"] = f"{_name(resource)}-{volume['name']}"
    for container in (*spec["containers"], *spec["initContainers"]):
        for mount in container["volumeMounts"]:
            mount["name"] = f"{_name(resource)}-{mount['name']}"
        for name in _NOT_PLAYED:
            container.pop(name, None)
        container["env"] = [_from_config(each) for each in container["env"]]
        container["envFrom"] = [_all_from_config(each) for each in container["envFrom"]]
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": _name(resource)}, "spec": spec}


def _from_config(variable: dict[str, Any]) -> dict[str, Any]:
    key = variable["valueFrom"]["secretKeyRef"]["key"]
    return {"name": variable["name"], "valueFrom": {"configMapKeyRef": {"name": _SECRET, "key": key}}}


def _all_from_config(source: dict[str, Any]) -> dict[str, Any]:
    return {"configMapRef": {"name": _SECRET}} if "secretRef" in source else source


def probes_of(resource: dict[str, Any]) -> Iterator[Probe]:
    """The probes of its containers; one by HTTP as a command within the container."""
    spec = resource["spec"]["template"]["spec"]
    for container in (*spec.get("initContainers", ()), *spec["containers"]):
        ports = {each["name"]: each["containerPort"] for each in container.get("ports", ())}
        for kind in _PROBES:
            probe = container.get(kind)
            if probe is None:
                continue
            command = (
                tuple(probe["exec"]["command"]) if "exec" in probe else _by_http(probe["httpGet"], ports)
            )
            yield Probe(f"{_name(resource)}-{container['name']}", command)


def _by_http(asked: dict[str, str], ports: dict[str, int]) -> tuple[str, ...]:
    return ("python", "-c", _GET, f"http://127.0.0.1:{ports[asked['port']]}{asked['path']}")


def _secret(compose: Compose) -> dict[str, Any]:
    """The four keys that no pod starts without."""
    database = compose.container("postgres")
    values = {
        name: compose.engine.within(database, "cat", f"/passwords/{name.lower()}") for name in _DATABASES
    }
    values["DJANGO_SECRET_KEY"] = secrets.token_urlsafe(48)
    values["OPTIMIZER_ENCRYPTION_KEY"] = Fernet.generate_key().decode()
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": _SECRET}, "data": values}


def _play(engine: Engine, resources: list[dict[str, Any]]) -> None:
    file = engine.folder / "pod.yaml"
    file.write_text(yaml.safe_dump_all(resources))
    engine.podman("kube", "play", "--network", f"{PROJECT}_databases", file)


def _wait_for_end(engine: Engine, job: dict[str, Any]) -> None:
    (container,) = job["spec"]["template"]["spec"]["containers"]
    name = f"{_name(job)}-{container['name']}"
    if (status := engine.podman("wait", name).strip()) != "0":
        raise Failed(f"{name} ended with {status}: {engine.log(name)[-600:]}")
    engine.podman("pod", "rm", "--force", _name(job))


def _passes(engine: Engine, probe: Probe) -> bool:
    try:
        engine.within(probe.container, *probe.command)
    except (Failed, subprocess.TimeoutExpired):
        return False
    return True


def _end(engine: Engine, resource: dict[str, Any]) -> str:
    """Sidecars last, and the pod's network after them."""
    pod = as_pod(resource)
    grace = resource["spec"]["template"]["spec"]["terminationGracePeriodSeconds"]
    containers = [f"{_name(resource)}-{each['name']}" for each in pod["spec"]["containers"]]
    seconds = sum(engine.stop(container, grace) for container in containers)
    if seconds >= grace:
        raise Failed(f"{_name(resource)} did not end within {grace} s")
    engine.podman("pod", "rm", "--force", _name(resource))
    return f"{_name(resource).removeprefix('token-optimizer-')} {seconds:.1f} s"


def _name(resource: dict[str, Any]) -> str:
    return str(resource["metadata"]["name"])
