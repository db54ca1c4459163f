"""A container at the guard's socket is what its role makes it; at the engine's own, root on the host."""

from __future__ import annotations

from typing import Any

import pytest
from judged import findings, mounted

from dockworthy.model.finding import Finding, Outcome

SOCKET, OWN = "/var/run/docker.sock", "/run/dockworthy-engine/docker.sock"
UNREAD = {"is": "unknown", "reason": "/etc/dockworthy/guard.yaml: no", "tell": "run as root"}


def roles(**held: str) -> dict[str, Any]:
    bindings = [{"who": f"container:{name}", "role": role} for name, role in held.items()]
    return {"is": "set", "value": bindings, "source": {"where": "/etc/dockworthy/guard.yaml"}}


def seen(source: str, told: dict[str, Any], *, at: str = SOCKET) -> Finding:
    """What is found of a container called `example` that mounts `source`."""
    daemon = {
        "pid": 7, "argv": ["dockerd"], "executable": "/usr/bin/dockerd",
        "guarded_at": at, "own_socket": OWN if at else "", "container_roles": told,
    }  # fmt: skip
    known = {"is": "set", "value": daemon, "source": {"where": "/proc/7"}}
    return of(source, {"host": {"daemon": known}})


def of(source: str, more: dict[str, Any]) -> Finding:
    container = {"id": "a", "name": "example", "inspect": {**mounted(source), "Name": "/example"}}
    example = {"engine": {"containers": [container], **more.get("engine", {})}, "host": more.get("host", {})}
    return findings("snapshot", example)["engine-socket"]


@pytest.mark.parametrize(
    "source, held, outcome, says",
    [
        (SOCKET, roles(example="viewer"), Outcome.PASS, "container example is viewer"),
        ("/run/docker.sock", roles(other="admin"), Outcome.PASS, "container example has no role: nothing passes"),
        (SOCKET, roles(example="operator"), Outcome.PASS, "container example is operator"),
        (SOCKET, roles(example="admin"), Outcome.FAIL, "container example is admin: root on the host"),
        (SOCKET, UNREAD, Outcome.UNKNOWN, "/etc/dockworthy/guard.yaml: no"),
        (OWN, roles(example="viewer"), Outcome.FAIL, OWN),
        ("/var/run", roles(example="viewer"), Outcome.FAIL, f"it holds {OWN}"),
        ("/run/containerd/containerd.sock", roles(example="viewer"), Outcome.FAIL, "containerd.sock"),
    ],
)
def test_what_a_container_is_there(source: str, held: dict[str, Any], outcome: Outcome, says: str) -> None:
    found = seen(source, held)
    assert found.outcome is outcome
    assert says in " ".join(each.says for each in found.evidence)


def test_an_engines_own_socket_stays_what_it_is() -> None:
    assert seen(SOCKET, roles(example="viewer"), at="").outcome is Outcome.FAIL


def test_where_only_the_engine_can_be_asked() -> None:
    """Its plugin is the guard's: whether that stands at the socket, too, is not seen from there."""
    unseen = {"is": "unknown", "reason": "not this machine"}
    plugin = {"engine": {"info": {"Plugins": {"Authorization": ["dockworthy"]}}}, "host": {"daemon": unseen}}
    assert of(SOCKET, plugin).outcome is Outcome.UNKNOWN
    assert of("/run", plugin).outcome is Outcome.FAIL
    assert of(SOCKET, {"host": {"daemon": unseen}}).outcome is Outcome.FAIL
