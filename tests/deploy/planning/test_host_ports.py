"""A port of the host that another project's container has."""

from __future__ import annotations

import pytest

from dockworthy.deploy.planning.plan import plan_of
from dockworthy.errors import UsageError

from .projects import desired, running, task


def refused(taken: str, *, state: str = "old", **port: str) -> bool:
    ports = [{"target": 80, **port}]
    web = task("web", new=state == "new")
    try:
        plan_of(desired(web={"ports": ports}), running(web, host_ports={taken: "theirs"}), number=2, last=None)
    except UsageError as error:
        assert "web publishes port 80 of the host, and theirs has it" in error.says
        return True
    return False


@pytest.mark.parametrize(
    ("taken", "port", "meets"),
    [
        ("80/tcp", {"published": "80"}, True),
        ("127.0.0.1:80/tcp", {"published": "80"}, True),
        ("80/tcp", {"published": "80", "host_ip": "127.0.0.1"}, True),
        ("127.0.0.1:80/tcp", {"published": "80", "host_ip": "127.0.0.2"}, False),
        ("::1:80/tcp", {"published": "80", "host_ip": "::1"}, True),
        ("80/udp", {"published": "80"}, False),
        ("80/udp", {"published": "80", "protocol": "udp"}, True),
        ("8080/tcp", {"published": "80"}, False),
        ("80/tcp", {"published": "80-90"}, False),
        ("80/tcp", {}, False),
    ],
)
def test_who_wants_it_is_told_who_has_it(taken: str, port: dict[str, str], meets: bool) -> None:
    assert refused(taken, **port) is meets


def test_what_runs_already_is_left_alone() -> None:
    assert not refused("80/tcp", state="new", published="80")
