"""Paths of thousands of folders cost no more than their length says, and a request may not bring any."""

from __future__ import annotations

import posixpath
import time
from collections.abc import Callable
from typing import Any

import pytest

from dockworthy.guard import large_requests
from dockworthy.guard.bounds import MOST_DEEP, MOST_PATH, check_bounds
from dockworthy.guard.decision import Decision
from dockworthy.guard.floor.replaceable import Mounted, refused_replaceable
from dockworthy.guard.host_tree import HostTree
from dockworthy.guard.judges import judge
from dockworthy.guard.path_ownership import who_may_swap
from dockworthy.guard.policy_in_force import PolicyInForce
from dockworthy.guard.request import TooMuch
from dockworthy.model.host import MountPoint
from guard.test_bounds import Silent, asked
from guard.test_judging import ask
from guard.test_replaceable_binds import LISTED, A, Host, listed
from guard.worlds import EmptyWorld
from patience import Effort, hang

DEEP = "/srv/shop/" + "a/" * 2000 + "x"
LONG = "/srv/" + "a" * 5000
BOUND = {"type": "none", "o": "bind", "device": DEEP}
BAD: dict[str, tuple[str, Any]] = {
    "a bind": ("/containers/create", {"HostConfig": {"Binds": [f"{DEEP}:/m"]}}),
    "a bind's target": ("/containers/create", {"HostConfig": {"Binds": [f"/srv/x:{DEEP}"]}}),
    "a long bind": ("/containers/create", {"HostConfig": {"Binds": [f"{LONG}:/m:ro"]}}),
    "a mount": ("/containers/create", {"HostConfig": {"Mounts": [{"Type": "bind", "Source": DEEP, "Target": "/m"}]}}),
    "a volume by the way": (
        "/containers/create",
        {"HostConfig": {"Mounts": [{"VolumeOptions": {"DriverConfig": {"Options": BOUND}}}]}},
    ),
    "a volume": ("/volumes/create", {"Name": "v", "DriverOpts": BOUND}),
    "a device": ("/containers/create", {"HostConfig": {"Devices": [{"PathOnHost": DEEP}]}}),
    "memory": ("/containers/create", {"HostConfig": {"Tmpfs": {DEEP: ""}}}),
    "an anonymous volume": ("/containers/create", {"Volumes": {DEEP: {}}}),
    "a service": (
        "/services/create",
        {"Name": "s", "TaskTemplate": {"ContainerSpec": {"Image": "x", "Mounts": [{"Source": DEEP}]}}},
    ),
}


@pytest.mark.parametrize("what", BAD)
async def test_a_path_has_an_end_before_anything_is_looked_up(what: str) -> None:
    target, body = BAD[what]
    with Effort() as effort:
        decision = await judge(asked({"Image": "x", **body}, target), Silent(), PolicyInForce())
    assert [refusal.rule for refusal in decision.refusals] == ["guard/size"], decision.message()
    assert effort.seconds < 1.0


def test_what_people_mount_is_far_below() -> None:
    deepest = "/" + "/".join(["folder"] * MOST_DEEP)
    check_bounds({"HostConfig": {"Binds": [f"{deepest}:{deepest}:ro"], "Tmpfs": {deepest: ""}}})
    check_bounds({"Env": ["A=" + "/" * 5000], "Labels": {"a": LONG}, "Cmd": [DEEP]})
    with pytest.raises(TooMuch):
        check_bounds({"Binds": [f"{deepest}/x:/m"]})
    with pytest.raises(TooMuch):
        check_bounds({"Binds": ["/" + "a" * MOST_PATH + ":/m"]})


@pytest.mark.parametrize("look", [HostTree.place, HostTree.ways, HostTree.decides], ids=["place", "ways", "decides"])
def test_the_work_grows_as_the_path_does(monkeypatch: pytest.MonkeyPatch, look: Callable[..., Any]) -> None:
    """Counted in folders that are taken off a path."""
    calls = 0

    def counted(real: Callable[[str], Any]) -> Callable[[str], Any]:
        def count(path: str) -> Any:
            nonlocal calls
            calls += 1
            return real(path)

        return count

    monkeypatch.setattr(posixpath, "dirname", counted(posixpath.dirname))
    monkeypatch.setattr(posixpath, "split", counted(posixpath.split))
    work = {}
    for depth in (100, 200):
        calls = 0
        disk: dict[str, Any] = {"root": "/", "fstype": "ext4", "source": "", "options": ()}
        mounts = [MountPoint(target=target, device=f"8:{n}", **disk) for n, target in enumerate(("/", "/a", "/a/a/a"))]
        look(HostTree(mounts), "/a" * depth)
        work[depth] = calls
    assert 0 < work[200] <= 2.2 * work[100], work


async def test_what_is_there_with_such_a_path_hurts_nobody() -> None:
    """It was made before the guard. One such container kept each request with a bind waiting for half a minute."""
    with Effort() as effort:
        for _ in range(3):
            answer: Decision = await ask(
                "POST /containers/create", {"Image": "x", "HostConfig": {"Binds": ["/srv/x:/x"]}},
                world=Host(listed(A, DEEP)), policy=LISTED,
            )  # fmt: skip
            assert answer.allowed, answer.message()
    assert effort.seconds < 3.0
    assert who_may_swap("/" + "no/" * 2000) == ""


def test_judging_mounts_ends() -> None:
    mounts = [Mounted(holder="a", path=f"/srv/{each}", writable=True) for each in range(10)]
    with pytest.raises(TooMuch):
        list(refused_replaceable(mounts, mounts, EmptyWorld(), until=time.monotonic() - 1))


async def test_judging_aside_ends(monkeypatch: pytest.MonkeyPatch) -> None:

    monkeypatch.setattr(large_requests, "MOST_SECONDS", 0.05)

    async def forever(world: EmptyWorld) -> None:
        await hang()

    with pytest.raises(TooMuch):
        await large_requests.aside(forever, EmptyWorld())
