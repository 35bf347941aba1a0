"""Containers: what is published, what each may do, and where passwords come from."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.conf import settings

from optimizer_app.background.health import is_served
from optimizer_app.background.heartbeat import note_seen

ROOT = Path(__file__).resolve().parents[2]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]


def test_the_gateway_alone_is_published_and_to_this_machine_alone() -> None:
    published = {name: service["ports"] for name, service in SERVICES.items() if "ports" in service}
    assert published == {"web": ["${BIND:-127.0.0.1}:${PORT:-8000}:8000"], "proxy": ["80:80", "443:443"]}
    assert SERVICES["proxy"]["profiles"] == ["tls"]
    assert COMPOSE["networks"]["databases"] == {"internal": True}
    assert [name for name, service in SERVICES.items() if service.get("networks") == ["databases"]] == [
        "postgres",
        "valkey",
    ]


@pytest.mark.parametrize("name", SERVICES)
def test_a_container_cannot_write_its_files_or_gain_rights(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service.get("cap_add", []) == (["NET_BIND_SERVICE"] if name == "proxy" else [])


@pytest.mark.parametrize("name", SERVICES)
def test_an_image_is_of_one_version(name: str) -> None:
    repository, _, version = SERVICES[name]["image"].partition(":")
    assert any(character.isdigit() for character in version)
    if repository == "token-optimizer":
        assert version == SERVICES[name]["build"]["args"]["VERSION"] == settings.VERSION
        # A new version is built, though there is an image of the one before.
        assert SERVICES[name]["pull_policy"] == "build"


@pytest.mark.parametrize(
    "name", [name for name, service in SERVICES.items() if service["restart"] == "unless-stopped"]
)
def test_what_runs_on_says_how_it_is(name: str) -> None:
    assert SERVICES[name]["healthcheck"]["test"][0] in ("CMD", "CMD-SHELL")


def test_a_queue_is_well_where_a_worker_took_a_task_of_it() -> None:
    note_seen("upkeep")
    assert is_served("upkeep", timedelta(seconds=60))
    assert not is_served("upkeep", timedelta(seconds=-60))
    assert not is_served("no such queue", timedelta(seconds=60))


def test_no_password_stands_in_the_file() -> None:
    text = (ROOT / "docker-compose.yml").read_text()
    for variable in ("POSTGRES_PASSWORD", "VALKEY_PASSWORD", "DJANGO_SECRET_KEY", "OPTIMIZER_ENCRYPTION_KEY"):
        assert f"{variable}: ${{{variable}:-}}\n" in text
    environment = SERVICES["web"]["environment"]
    assert "DATABASE_URL" not in environment
    assert environment["DATABASE_URL_FILE"].startswith("/passwords/")


def test_what_makes_the_passwords_up_does_so_once(tmp_path: Path) -> None:
    made = made_passwords(tmp_path, {"VALKEY_PASSWORD": "one of 'ours'"})
    assert made_passwords(tmp_path, {}) == made
    assert made["valkey"] == "one of 'ours'"
    assert made["postgres"] != made["postgres_superuser"]
    assert made["postgres"] in made["database_url"]
    assert made["redis_url"] == "redis://:one%20of%20%27ours%27@valkey:6379/0"


def made_passwords(folder: Path, environment: dict[str, str]) -> dict[str, str]:
    """What the container writes, as run here."""
    script = SERVICES["passwords"]["command"][2].replace("/passwords", str(folder))
    subprocess.run([sys.executable, "-c", script], env=environment, check=True)
    return {path.name: path.read_text() for path in folder.iterdir()}


def test_the_image_runs_as_an_ordinary_user_on_locked_packages() -> None:
    lines = (ROOT / "Dockerfile").read_text().splitlines()
    assert [line for line in lines if line.startswith("USER ")] == ["USER optimizer"]
    assert any("--require-hashes --no-deps --requirement requirements.lock" in line for line in lines)
    assert any(character.isdigit() for character in lines[0].partition(":")[2].rpartition(".")[2])


def test_the_image_holds_what_the_wheel_holds() -> None:
    """A list of what goes in, since nobody can list the secrets that may lie in a clone."""
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    taken = {line.removeprefix("!") for line in lines if line.startswith("!")}
    assert "*" in lines
    wheel = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]["targets"]["wheel"]
    requirements = {"requirements.lock", "requirements.txt", "requirements-models.txt"}
    assert taken - requirements - {"LICENSE"} == {*wheel["only-include"], *wheel["force-include"]}
    assert all((ROOT / name).exists() for name in taken)


def test_the_proxy_is_asked_for_what_it_has() -> None:
    """`caddy reverse-proxy` switches its API for administration off, so nothing answers there."""
    proxy = SERVICES["proxy"]
    assert proxy["command"][1] == "reverse-proxy"
    assert proxy["healthcheck"]["test"] == ["CMD", "nc", "-z", "127.0.0.1", "443"]
