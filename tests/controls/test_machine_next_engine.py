"""What the next engine would break: told by image and version, and never guessed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import examples
import tight
from dockworthy.controls.registry import all_controls
from dockworthy.model.finding import Judgement, Outcome
from dockworthy.model.levels import Severity

SOCKET = {"Type": "bind", "Source": "/var/run/docker.sock", "Destination": "/var/run/docker.sock", "RW": False}
NOWHERE = Path("/nonexistent")


def judged(
    image: str,
    *,
    engine: str = "28.5.2",
    minimum: str = "1.24",
    mounts: tuple[dict[str, Any], ...] = (SOCKET,),
    running: bool = True,
    **config: Any,
) -> Judgement:
    inspect = {"Config": {"Image": image, **config}, "Mounts": list(mounts)}
    if not running:
        inspect["State"] = {"Status": "exited", "Running": False, "Pid": 0}
    part = {
        "engine": {
            "version": tight.known({"Version": engine, "MinAPIVersion": minimum}),
            "containers": [{"name": "edge", "inspect": inspect}],
        }
    }
    (judgement,) = examples.judgements(all_controls()["machine/next-engine"], "snapshot", part, NOWHERE)
    return judgement


def test_a_proxy_that_would_route_to_none_is_named_with_version_api_and_what_to_do() -> None:
    judgement = judged("traefik:v3.5.3")
    assert judgement.outcome is Outcome.FAIL
    assert judgement.about == "container/edge"
    says = judgement.evidence[0].says
    assert "Traefik 3.5.3" in says and "1.24" in says and "engine 29" in says and "routes to none" in says
    assert "2.11.31 or 3.6.1" in judgement.remedy


@pytest.mark.parametrize(
    ("image", "config", "outcome"),
    [
        ("traefik:v3.6.1", {}, Outcome.PASS),
        ("traefik:v2.11", {}, Outcome.UNKNOWN),  # 2.11.30 or 2.11.31?
        ("traefik:v3.5", {}, Outcome.FAIL),  # every patch of it
        ("traefik:latest", {"Labels": {"org.opencontainers.image.version": "v3.6.2"}}, Outcome.PASS),
        ("traefik:latest", {}, Outcome.UNKNOWN),
        ("traefik@sha256:" + "a" * 64, {"Labels": {"org.opencontainers.image.version": "v3.1.0"}}, Outcome.FAIL),
        ("containrrr/watchtower", {}, Outcome.FAIL),  # whatever its version
        ("containrrr/watchtower", {"Env": ["DOCKER_API_VERSION=1.44"]}, Outcome.PASS),
        ("containrrr/watchtower", {"Env": ["DOCKER_API_VERSION=1.30"]}, Outcome.FAIL),
        ("containrrr/watchtower", {"Env": ["DOCKER_API_VERSION=newest"]}, Outcome.FAIL),
        ("traefik:v3.5.0", {"Env": ["DOCKER_API_VERSION=1.44"]}, Outcome.FAIL),  # it does not listen to it
        ("docker:18.06.1", {}, Outcome.FAIL),
        ("docker:28-cli", {}, Outcome.PASS),
        ("docker:cli", {}, Outcome.UNKNOWN),
        # The label of a base image says nothing of the program on it.
        (
            "gitlab/gitlab-runner:latest",
            {"Labels": {"org.opencontainers.image.version": "20.04", "org.opencontainers.image.ref.name": "ubuntu"}},
            Outcome.UNKNOWN,
        ),
        ("registry.example.com/team/tool:2.0", {}, Outcome.UNKNOWN),
        ("registry.example.com/team/tool:2.0", {"Env": ["DOCKER_API_VERSION=1.24"]}, Outcome.FAIL),
        ("registry.example.com/team/tool:2.0", {"Env": ["DOCKER_API_VERSION=1.45"]}, Outcome.UNKNOWN),
        ("tecnativa/docker-socket-proxy:0.3.0", {}, Outcome.UNKNOWN),
        ("ghcr.io/google/cadvisor:v0.57.0", {}, Outcome.PASS),
    ],
)
def test_by_image_and_version(image: str, config: dict[str, Any], outcome: Outcome) -> None:
    assert judged(image, **config).outcome is outcome


def test_served_again_from_29_3_on_is_less_serious() -> None:
    judgement = judged("portainer/portainer-ce:2.33.3")
    assert (judgement.outcome, judgement.severity) == (Outcome.FAIL, Severity.LOW)
    assert "29.3" in judgement.evidence[0].says


@pytest.mark.parametrize(
    ("engine", "minimum", "outcome"),
    [
        ("29.7.0", "1.40", Outcome.FAIL),
        ("29.7.0", "1.24", Outcome.PASS),  # lowered: engine/api-minimum-version says so
        ("29.1.3", "1.44", Outcome.FAIL),
        ("29.7.0", "", Outcome.UNKNOWN),
        ("nonsense", "1.24", Outcome.UNKNOWN),
    ],
)
def test_an_engine_of_the_newest_major_is_asked_for_its_own_minimum(
    engine: str, minimum: str, outcome: Outcome
) -> None:
    assert judged("traefik:v3.5.0", engine=engine, minimum=minimum).outcome is outcome


def test_who_does_not_reach_the_engine_is_not_asked() -> None:
    assert judged("traefik:v3.5.0", mounts=()).outcome is Outcome.NOT_APPLICABLE
    assert judged("traefik:v3.5.0", running=False).outcome is Outcome.NOT_APPLICABLE
    assert judged("traefik:v3.5.0", mounts=(), Env=["DOCKER_HOST=tcp://proxy:2375"]).outcome is Outcome.FAIL


@pytest.mark.parametrize(("version", "outcome"), [("1.25.0-1", Outcome.FAIL), ("1.29.2-3", Outcome.UNKNOWN)])
def test_the_first_compose_from_a_package(version: str, outcome: Outcome) -> None:
    part = {
        "host": {"packages": [{"name": "docker-compose", "version": version}]},
        "engine": {"version": tight.known({"Version": "20.10.24", "MinAPIVersion": "1.12"})},
    }
    (judgement,) = examples.judgements(all_controls()["machine/next-engine"], "snapshot", part, NOWHERE)
    assert (judgement.about, judgement.outcome) == ("host/docker-compose", outcome)


def test_the_present_compose_is_no_client_that_breaks() -> None:
    part = {"host": {"packages": [{"name": "docker-compose", "version": "2.26.1-4"}]}}
    (judgement,) = examples.judgements(all_controls()["machine/next-engine"], "snapshot", part, NOWHERE)
    assert judgement.outcome is Outcome.NOT_APPLICABLE
