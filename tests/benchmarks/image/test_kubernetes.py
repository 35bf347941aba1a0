"""What `podman kube play` is given of the Kubernetes files."""

from __future__ import annotations

from typing import Any

from benchmarks.image.kubernetes import Probe, as_pod, probes_of, read_resources
from deploy.chart import PLAIN

RESOURCES = {
    resource["metadata"]["name"]: resource
    for resource in read_resources(PLAIN)
    if resource["kind"] in ("Deployment", "Job")
}
WEB: dict[str, Any] = RESOURCES["token-optimizer-web"]


def test_a_sidecar_becomes_a_container_beside_the_others() -> None:
    spec = as_pod(WEB)["spec"]
    assert [each["name"] for each in spec["containers"]] == ["web", "recorder", "embedding"]
    assert [each["name"] for each in spec["initContainers"]] == ["wait-for-prepare"]
    assert all(each["securityContext"]["readOnlyRootFilesystem"] for each in spec["containers"])
    assert "initContainers" in WEB["spec"]["template"]["spec"]


def test_no_pod_is_given_what_podman_does_not_know() -> None:
    for resource in RESOURCES.values():
        pod = as_pod(resource)
        assert (pod["kind"], pod["metadata"]["name"]) == ("Pod", resource["metadata"]["name"])
        for container in (*pod["spec"]["containers"], *pod["spec"]["initContainers"]):
            assert "secret" not in str([container["env"], container["envFrom"]]).replace("as-secret", "")
            assert not [name for name in container if name.endswith("Probe") or name == "lifecycle"]


def test_each_probe_becomes_a_command_in_its_container() -> None:
    probes = list(probes_of(WEB))
    assert [probe.container for probe in probes] == [
        "token-optimizer-web-recorder",
        "token-optimizer-web-embedding",
        *["token-optimizer-web-web"] * 3,
    ]
    assert probes[1] == Probe("token-optimizer-web-embedding", ("test", "-S", "/state/run/embedding.sock"))
    assert [probe.command[-1] for probe in probes[2:]] == [
        "http://127.0.0.1:8000/healthz",
        "http://127.0.0.1:8000/readyz",
        "http://127.0.0.1:8000/healthz",
    ]
