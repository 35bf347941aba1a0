"""Clients that are libraries: a program of ours runs the session, and prints its results as JSON."""

from __future__ import annotations

import json

from benchmarks.clients.client import PROGRAMS, Client, Run
from benchmarks.clients.environments import NodePackages, PythonPackages
from benchmarks.clients.material import SESSION, write_material
from benchmarks.clients.script import Script


def python_client(
    name: str, packages: tuple[str, ...], program: str, *arguments: str, script: Script = SESSION
) -> Client:
    return Client(
        name,
        PythonPackages(packages),
        script,
        command=lambda run: [str(run.environment / "bin/python"), str(PROGRAMS / program), *arguments],
        variables=_variables,
        result=last_json,
        prepare=lambda run: write_material(run.work),
    )


def node_client(name: str, packages: tuple[str, ...], program: str, *arguments: str) -> Client:
    return Client(
        name,
        NodePackages(packages),
        SESSION,
        command=lambda run: ["node", str(PROGRAMS / program), *arguments],
        variables=_variables,
        result=last_json,
        prepare=lambda run: write_material(run.work),
    )


def last_json(printed: str, run: Run) -> str:
    """The last line, in one spelling."""
    return json.dumps(json.loads(printed.strip().splitlines()[-1]), sort_keys=True)


def _variables(run: Run) -> dict[str, str]:
    address = run.address
    return {"BASE": address.origin, "KEY": address.key, "PACKAGES": str(run.environment)}
