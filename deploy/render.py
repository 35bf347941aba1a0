"""Renders the Helm chart into plain Kubernetes files, for `bin/render-chart`, which has what it imports."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import helm_python
import kubernetes_validate
import yaml

from deploy.chart import CHART, PLAIN, digest

NAME = "token-optimizer"
# The oldest that the chart takes, and the newest with schemas.
KUBERNETES_VERSIONS = ("1.30", "1.37")
# Values that switch on what is off, and the other way round.
OTHER_VALUES: dict[str, Any] = {
    "ingress": {"enabled": True, "className": "nginx", "tlsSecret": "tls", "annotations": {"a": "b"}},
    "web": {"autoscaling": {"enabled": False}},
    "worker": {"autoscaling": {"enabled": False}},
    "networkPolicy": {"enabled": False},
    "image": {"pullSecrets": [{"name": "registry"}]},
    "nodeSelector": {"a": "b"},
    "tolerations": [{"key": "a", "operator": "Exists"}],
}
_KUSTOMIZATION = """\
# `kubectl apply -k deploy/kubernetes`, once the namespace and the Secret are there.
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
namespace: {name}
resources:
{resources}
"""


def main() -> int:
    _lint()
    with helm_python.Chart.load(CHART) as chart:
        _check(chart.render(OTHER_VALUES, name=NAME, namespace=NAME))
        rendered = chart.render({}, name=NAME, namespace=NAME)
    _check(rendered)
    files = _plain_files(rendered)
    if "--check" in sys.argv[1:]:
        changed = [name for name, text in files.items() if (PLAIN / name).read_text() != text]
        sys.stdout.write(f"not as rendered: {', '.join(changed)}\n" if changed else "as rendered\n")
        return bool(changed)
    for name, text in files.items():
        (PLAIN / name).write_text(text)
    return 0


def _lint() -> None:
    report = helm_python.lint(CHART, strict=True)
    problems = [message for message in report["messages"] if message["severity"] > 1]
    if problems or report["errors"]:
        sys.exit(f"helm lint: {problems or report['errors']}")


def _check(rendered: Mapping[str, str]) -> None:
    """Every resource is what Kubernetes' own schema of its kind allows, and nothing else."""
    for text in rendered.values():
        for resource in yaml.safe_load_all(text):
            for version in KUBERNETES_VERSIONS if resource else ():
                kubernetes_validate.validate(resource, version, strict=True)


def _plain_files(rendered: Mapping[str, str]) -> dict[str, str]:
    found = {Path(path).name: text.strip() for path, text in rendered.items()}
    files = {
        name: f"# Rendered from the Helm chart by bin/render-chart.\n{text.removeprefix('---').strip()}\n"
        for name, text in sorted(found.items())
        if text and not name.startswith("_")
    }
    resources = "\n".join(f"  - {name}" for name in files)
    files["kustomization.yaml"] = (
        f"# Rendered by bin/render-chart from the chart {digest()}.\n"
        + _KUSTOMIZATION.format(name=NAME, resources=resources)
    )
    return files


if __name__ == "__main__":
    sys.exit(main())
