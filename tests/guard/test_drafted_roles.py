"""The roles that are drafted for who asked while the engine was observed."""

from __future__ import annotations

from typing import Any, cast

import pytest

from dockworthy.engine.connection import Connection
from dockworthy.guard.observing import askers
from dockworthy.guard.observing.askers import ConnectionPeer, drafted_roles, look_who_makes
from dockworthy.guard.observing.drafting import draft
from dockworthy.guard.observing.published import note_container, note_services
from dockworthy.guard.observing.state import ObservationState
from dockworthy.readers.project_file import parse_project_file


def state(**parts: dict[str, int]) -> ObservationState:
    return ObservationState(since=0, until=0, **parts)


@pytest.mark.parametrize(
    ("seen", "roles", "says"),
    [
        (state(users={"ann": 0}), ["viewer"], "no look saw it there"),
        (state(users={"ann": 1}), ["viewer"], "was seen at the engine 1 time, never when something was made"),
        (state(users={"ann": 0}, makers={"ann": 2}), ["deployer", "operator"], "alone at the engine when 2 objects"),
        (
            state(users={"ann": 3}, present={"ann": 1}),
            ["viewer"],
            "with others, when 1 object was made: where it is who",
        ),
    ],
)
def test_a_role_is_drafted_by_what_was_seen(seen: ObservationState, roles: list[str], says: str) -> None:
    lines = list(drafted_roles(seen))
    drafted = [line for line in lines if line.strip().startswith("- ")]
    assert drafted == [f'    - {{who: "user:ann", role: {role}}}' for role in roles]
    assert says in "\n".join(lines)


@pytest.mark.parametrize(
    ("uids", "makers", "present"),
    [([65534], {"nobody": 1}, {}), ([0, 65534], {}, {"nobody": 1}), ([0], {}, {}), ([65534, 65534], {"nobody": 1}, {})],
)
def test_who_is_alone_when_something_is_made_made_it(
    uids: list[int], makers: dict[str, int], present: dict[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(askers, "peers_of", lambda path: [ConnectionPeer(inode, uid) for inode, uid in enumerate(uids)])
    seen = state()
    look_who_makes("/run/docker.sock", seen)
    assert (seen.makers, seen.present) == (makers, present)
    assert set(seen.users) == {*makers, *present}


async def test_low_ports_of_services_are_drafted_with_all_that_a_list_must_name() -> None:
    class Swarm:
        async def get(self, path: str) -> Any:
            published = [{"PublishedPort": 443, "PublishMode": "ingress"}, {"PublishedPort": 8443}]
            return [{"Spec": {"Name": "shop_web", "EndpointSpec": {"Ports": published}}}]

    found = ObservationState(since=0, until=0)
    bindings = {"80/tcp": [{"HostPort": "80"}], "9/tcp": [{"HostPort": "9000"}]}
    made = {"Name": "/proxy", "HostConfig": {"PortBindings": bindings}}
    note_container(made, found)
    assert "ports:" not in draft(found), "containers need no list"
    await note_services(cast(Connection, Swarm()), found)
    drafted = parse_project_file(draft(found), "dockworthy.yaml").guard
    rest = ["1024-65535/tcp", "1024-65535/udp", "1024-65535/sctp"]
    assert [str(each) for each in drafted.listed_ports()] == ["80/tcp", "443/tcp", *rest]
    assert "# for service shop_web" in draft(found)
