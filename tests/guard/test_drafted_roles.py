"""The roles that are drafted for who asked while the engine was observed."""

from __future__ import annotations

import pytest

from dockworthy.guard.observing import askers
from dockworthy.guard.observing.askers import Peer, drafted_roles, look_who_makes
from dockworthy.guard.observing.state import State


def state(**parts: dict[str, int]) -> State:
    return State(since=0, until=0, **parts)


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
def test_a_role_is_drafted_by_what_was_seen(seen: State, roles: list[str], says: str) -> None:
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
    monkeypatch.setattr(askers, "peers_of", lambda path: [Peer(inode, uid) for inode, uid in enumerate(uids)])
    seen = state()
    look_who_makes("/run/docker.sock", seen)
    assert (seen.makers, seen.present) == (makers, present)
    assert set(seen.users) == {*makers, *present}
