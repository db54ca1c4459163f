"""What goes wrong on a swarm: the old release serves on, and the message says what to do."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from patience import within

from ..test_deploy_faults import until
from .stacks import Stack

pytestmark = pytest.mark.engine


@pytest.mark.parametrize(
    ("broken", "says"),
    [
        ({"command": ["sh", "-c", "echo no database; exit 3"]}, "web.1 ended with status 3"),
        (
            {"healthcheck": {"test": ["CMD", "sleep", "900"], "interval": "200ms", "timeout": "15m"}},
            "was not healthy after 2 s",
        ),
        ({"deploy": {"placement": {"constraints": ["node.labels.disk==fast"]}}}, "no suitable node"),
    ],
)
def test_what_does_not_come_up_is_taken_back(shop: Stack, broken: dict[str, object], says: str) -> None:
    shop.compose({"web": shop.service()})
    shop.deploy()
    before = shop.containers(every=True)
    shop.compose({"web": {**shop.service(), **broken}})
    if "ended" not in says:  # it is found when that time is over
        settings = {"healthy_within": "2s" if "after 2 s" in says else within(2), "observe": "0s"}
        shop.write("dockworthy.yaml", {"policy": {"level": "baseline"}, "deploy": settings})
    done = shop.deploy(status=18)
    told = " ".join(done.stdout.split())
    assert says in told and "what ran before runs again" in told
    if "no database" in str(broken):
        assert "no database" in done.stderr, "its log is shown"
    assert shop.containers() == before, "the old one runs"
    until(lambda: shop.containers(every=True) == before)  # a node ends a moment later what it was told to end
    assert [each["state"] for each in shop.releases()] == ["kept", "rolled_back"]
    assert "nothing to do" not in shop.deploy("--dry-run").stdout


def test_what_an_unhealthy_tasks_health_check_said_is_told(shop: Stack) -> None:
    check = {"test": ["CMD", "sh", "-c", "echo no cache; exit 1"], "interval": "100ms", "retries": 1}
    shop.compose({"web": {**shop.service(), "healthcheck": check}})
    told = " ".join(shop.deploy(status=18).stdout.split())
    assert "web.1 is unhealthy: its health check ended with status 1: no cache" in told


def test_a_first_release_that_fails_leaves_nothing(shop: Stack) -> None:
    shop.compose({"api": shop.service(), "web": {**shop.service(depends_on=["api"]), "command": ["false"]}})
    done = shop.deploy(status=18)
    assert "api: back to what it was" in done.stderr
    until(lambda: shop.containers(every=True) == {})  # a node removes its containers after the service is gone
    assert shop.engine.docker("stack", "services", "--quiet", shop.name).stdout == b""


def test_one_that_ends_while_it_is_observed_is_taken_back(shop: Stack) -> None:
    shop.compose({"web": shop.service(environment={"V": "1"}), "db": shop.service()})
    shop.deploy()
    db = shop.containers("db")
    shop.write("dockworthy.yaml", {"policy": {"level": "baseline"}, "deploy": {"observe": "1m"}})
    shop.compose({"web": shop.service("sh", "-c", "sleep 3; exit 3"), "db": shop.service()})
    done = shop.deploy(status=18)
    assert re.search(r"web\.1( on \S+)? (restarted once|ended with status 3)", " ".join(done.stdout.split())), (
        done.stdout
    )
    (web,) = shop.containers("web")
    assert "V=1" in shop.engine.inspect(web)["Config"]["Env"] and shop.containers("db") == db


def test_what_the_swarm_lacks_is_found_before_anything_is_changed(shop: Stack) -> None:
    shop.compose({"web": shop.service(secrets=["pw"])}, secrets={"pw": {"external": True, "name": "dw-nowhere"}})
    assert "docker secret create dw-nowhere FILE" in shop.deploy(status=2).stderr
    shop.compose({"web": shop.service(networks=["n"])}, networks={"n": {"external": True, "name": "dw-nowhere"}})
    assert "docker network create -d overlay" in " ".join(shop.deploy(status=2).stderr.split())
    shop.compose({"web": shop.service(networks=["n"])}, networks={"n": {"external": True, "name": "bridge"}})
    assert "is this engine's own" in " ".join(shop.deploy(status=2).stderr.split())
    assert shop.releases() == []


def test_by_one_target_at_a_time(shop: Stack, tmp_path: Path) -> None:
    """From Compose to the swarm: what runs already is named, with the command; volumes stay."""
    shop.compose({"db": shop.service(volumes=["data:/data"])}, volumes={"data": {}})
    shop.docker_compose("up", "--detach")
    try:
        refused = " ".join(shop.deploy(status=2).stderr.split())
        assert "would run twice" in refused and f"docker compose -p {shop.name} down" in refused
        shop.engine.docker("exec", f"{shop.name}-db-1", "sh", "-c", "echo precious >/data/rows")
    finally:
        shop.docker_compose("down")
    shop.deploy()
    (db,) = shop.containers("db")
    assert shop.engine.docker("exec", db, "cat", "/data/rows").stdout == b"precious\n"
