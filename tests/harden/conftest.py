"""A host for each test, with an engine that the test starts; what it is like afterwards."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from machines.own_host import OwnHost, start_host


@pytest.fixture
def host(engines_folder: Path, request: pytest.FixtureRequest) -> Iterator[OwnHost]:
    host = start_host(engines_folder / request.node.name[:40])
    yield host
    host.stop()


def findings(host: OwnHost) -> list[dict[str, Any]]:
    """As `assess` tells them."""
    done = host.dockworthy("assess", "--format", "json", "--no-probe")
    told: list[dict[str, Any]] = json.loads(done.stdout)["findings"]
    return told


def outcomes(host: OwnHost) -> dict[str, str]:
    """Control of the engine -> outcome."""
    return {finding["control"]: finding["outcome"] for finding in findings(host) if finding["subject"] == "engine"}


def two_containers(host: OwnHost) -> dict[str, str]:
    """They do not heed SIGTERM: an engine that stops them would wait for ten seconds."""
    image = host.load_busybox()
    run = ("run", "-d", "--stop-timeout", "1", "--name")
    host.docker(*run, "web", "-p", "8080:80", image, "httpd", "-f", "-p", "80")
    host.docker(*run, "worker", image, "sleep", "3600")
    return host.running()


def plan_of(host: OwnHost, *options: str) -> dict[str, Any]:
    """The plan, as JSON."""
    done = host.dockworthy("harden", "--format", "json", *options)
    assert done.returncode in (0, 1), done.stderr
    plan: dict[str, Any] = json.loads(done.stdout)
    return plan


def apply(host: OwnHost, *only: str) -> str:
    """Applies it, only these controls where some are named. All of it must be kept."""
    done = host.dockworthy("harden", "--apply", "--yes", *(word for id in only for word in ("--only", id)))
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
