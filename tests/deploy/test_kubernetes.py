"""The Kubernetes files: rendered from the chart as it is, confined, and naming what the code has."""

from __future__ import annotations

import importlib.util
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.conf import settings

from deploy.chart import CHART, PLAIN, digest
from gateway.requests.paths import is_gateway_path

ROOT = Path(__file__).resolve().parents[2]
RESOURCES: list[dict[str, Any]] = [
    resource
    for path in sorted(PLAIN.glob("*.yaml"))
    if path.name not in ("kustomization.yaml", "secret.example.yaml")
    for resource in yaml.safe_load_all(path.read_text())
]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
KUBECTL = shutil.which("kubectl")


def of_kind(kind: str) -> dict[str, dict[str, Any]]:
    """The resources of a kind, without the prefix of their names."""
    found = [resource for resource in RESOURCES if resource["kind"] == kind]
    return {each["metadata"]["name"].removeprefix("token-optimizer").lstrip("-"): each for each in found}


PODS = {
    name: resource["spec"]["template"]["spec"]
    for name, resource in {**of_kind("Deployment"), **of_kind("Job")}.items()
}


def containers() -> Iterator[tuple[str, dict[str, Any]]]:
    for name, pod in PODS.items():
        for container in [*pod.get("initContainers", ()), *pod["containers"]]:
            yield name, container


def test_they_are_rendered_from_the_chart_as_it_is() -> None:
    assert digest() in (PLAIN / "kustomization.yaml").read_text(), "bin/render-chart renders them anew"


@pytest.mark.skipif(
    not (ROOT / ".venv/helm/bin/python").exists(), reason="bin/render-chart, which fetches Helm, never ran"
)
def test_helm_renders_them_and_they_fit_the_schemas() -> None:
    done = subprocess.run([ROOT / "bin/render-chart", "--check"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "as rendered\n"), done.stderr


@pytest.mark.skipif(KUBECTL is None, reason="kubectl is not installed")
def test_kubectl_takes_the_folder() -> None:
    done = subprocess.run(
        [str(KUBECTL), "kustomize", str(PLAIN)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    made = list(yaml.safe_load_all(done.stdout))
    assert len(made) == len(RESOURCES)
    assert {resource["metadata"]["namespace"] for resource in made} == {"token-optimizer"}


def test_the_parts_are_those_of_compose() -> None:
    assert set(of_kind("Deployment")) == {"web", "worker", "precompression", "beat"}
    assert list(of_kind("Job")) == [name for name in PODS if name.startswith("prepare-")]
    by_name = {container["name"]: container for _, container in containers()}
    assert by_name["web"]["command"] == _image_command()
    for name in ("worker", "precompression", "beat", "recorder", "embedding", "prepare"):
        assert by_name[name]["command"] == COMPOSE[name]["command"], name
    for name, kind in (
        ("worker", "readinessProbe"),
        ("precompression", "readinessProbe"),
        ("beat", "readinessProbe"),
        ("recorder", "livenessProbe"),
        ("embedding", "livenessProbe"),
    ):
        probe = by_name[name][kind]["exec"]["command"]
        assert probe == COMPOSE[name]["healthcheck"]["test"][1:], name


def _image_command() -> list[str]:
    line = next(line for line in (ROOT / "Dockerfile").read_text().splitlines() if line.startswith("CMD "))
    return yaml.safe_load(line.removeprefix("CMD "))


def test_a_container_cannot_write_its_files_or_gain_rights() -> None:
    for pod, container in containers():
        assert container["securityContext"] == {
            "readOnlyRootFilesystem": True,
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"]},
        }, (pod, container["name"])
        assert container["resources"]["requests"].keys() == {"cpu", "memory"}
        assert "memory" in container["resources"]["limits"]
    user = re.search(r"--uid (\d+)", (ROOT / "Dockerfile").read_text())
    assert user is not None
    for pod in PODS.values():
        assert pod["automountServiceAccountToken"] is False
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert pod["securityContext"]["runAsUser"] == pod["securityContext"]["fsGroup"] == int(user[1])
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}


def test_what_several_pods_must_agree_on_comes_from_the_secret() -> None:
    """Each would make up its own secrets and databases where one of these is missing."""
    for pod, container in containers():
        sources = {each["name"]: each["valueFrom"]["secretKeyRef"] for each in container["env"]}
        needed = {name for name, source in sources.items() if "optional" not in source}
        wanted = {"DATABASE_URL", "REDIS_URL", "DJANGO_SECRET_KEY", "OPTIMIZER_ENCRYPTION_KEY"}
        assert needed == wanted, (pod, container["name"])


def test_every_variable_is_documented() -> None:
    documented = set(re.findall(r"`([A-Z][A-Z_]+)`", (ROOT / "docs/configuration.md").read_text()))
    secret = yaml.safe_load((PLAIN / "secret.example.yaml").read_text())["stringData"]
    assert {*of_kind("ConfigMap")[""]["data"], *secret} - documented == set()


def test_image_port_and_probes_are_the_codes() -> None:
    assert {container["image"] for _, container in containers()} == {f"token-optimizer:{settings.VERSION}"}
    assert yaml.safe_load((CHART / "Chart.yaml").read_text())["version"] == settings.VERSION
    (web,) = PODS["web"]["containers"]
    assert f"PORT={web['ports'][0]['containerPort']}" in (ROOT / "Dockerfile").read_text()
    probes = [web[f"{kind}Probe"]["httpGet"] for kind in ("startup", "readiness", "liveness")]
    assert [probe["path"] for probe in probes] == ["/healthz", "/readyz", "/healthz"]
    assert all(is_gateway_path(probe["path"]) and probe["port"] == "http" for probe in probes)


def test_modules_that_are_run_exist() -> None:
    for _, container in containers():
        probes = [container.get(f"{kind}Probe", {}).get("exec", {}) for kind in ("liveness", "readiness")]
        for command in (container["command"], *(probe.get("command", []) for probe in probes)):
            if "-m" in command:
                assert importlib.util.find_spec(command[command.index("-m") + 1]), command


def test_what_scales_is_there_and_stays_up_while_machines_are_emptied() -> None:
    for name, scaler in of_kind("HorizontalPodAutoscaler").items():
        assert scaler["spec"]["scaleTargetRef"]["name"] == f"token-optimizer-{name}"
        assert scaler["spec"]["minReplicas"] >= 2
        (metric,) = scaler["spec"]["metrics"]
        names = {container["name"] for container in PODS[name]["containers"]}
        assert metric["containerResource"]["container"] in names
        # The scaler alone says how many there are.
        assert "replicas" not in of_kind("Deployment")[name]["spec"]
    assert (
        of_kind("PodDisruptionBudget").keys()
        == of_kind("HorizontalPodAutoscaler").keys()
        == {"web", "worker"}
    )
    labels = of_kind("Deployment")["web"]["spec"]["template"]["metadata"]["labels"]
    assert of_kind("Service")[""]["spec"]["selector"].items() <= labels.items()


def test_requests_come_in_to_the_gateway_alone() -> None:
    policies = of_kind("NetworkPolicy")
    assert policies[""]["spec"]["policyTypes"] == ["Ingress", "Egress"]
    assert "ingress" not in policies[""]["spec"]
    assert policies["web"]["spec"]["podSelector"]["matchLabels"]["app.kubernetes.io/component"] == "web"
    assert "169.254.0.0/16" in str(policies[""]["spec"]["egress"])


def test_no_secret_stands_in_the_files() -> None:
    assert not of_kind("Secret")
    example = yaml.safe_load((PLAIN / "secret.example.yaml").read_text())["stringData"]
    assert all("PASSWORD@" in value for value in example.values() if value)
