"""Binds below a folder that a container writes: no request makes or starts one; without an engine."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from dockworthy.engine.faults import WrongState
from dockworthy.guard.engine_world import EngineWorld
from dockworthy.guard.floor.replaceable import Mounted
from dockworthy.guard.host_tree import HostTree
from dockworthy.guard.mounted import mounted
from dockworthy.guard.own_paths import OwnPaths, own_paths
from dockworthy.guard.policy_in_force import PolicyInForce
from dockworthy.model.guard_policy import GuardPolicy
from dockworthy.model.host import MountPoint
from dockworthy.readers.engine_context import EngineContext
from guard.test_judging import World, ask
from guard.worlds import LOOKED_AT, EmptyWorld

pytestmark = pytest.mark.slow

LISTED = PolicyInForce(guard=GuardPolicy(binds=("/srv/x", "/srv/x/low", "/mnt/y", "/disk/x")))
A, B, S = "a" * 64, "b" * 64, "s" * 25
HOST = {"MaskedPaths": ["/proc/kcore"] * 9, "ReadonlyPaths": ["/proc/bus"] * 9}


def listed(id: str, *binds: str, project: str = "shop") -> dict[str, Any]:
    """As a list of containers shows it."""
    mounts = []
    for bind in binds:
        source, _, mode = bind.partition(":")
        kind = {"Type": "bind", "Source": source} if source.startswith("/") else {"Type": "volume", "Name": source}
        mounts.append({**kind, "RW": mode != "ro", "Propagation": mode if mode.endswith("slave") else "rprivate"})
    labels = {"com.docker.compose.project": project}
    return {"Id": id, "Names": [f"/{id[0]}"], "Labels": labels, "Mounts": mounts, "State": "created"}


def service(*mounts: Mapping[str, Any], before: Sequence[Mapping[str, Any]] = ()) -> dict[str, Any]:
    spec = {"Name": "s", "TaskTemplate": {"ContainerSpec": {"Image": LOOKED_AT, "Mounts": list(mounts)}}}
    previous = {"Name": "s", "TaskTemplate": {"ContainerSpec": {"Image": LOOKED_AT, "Mounts": list(before)}}}
    return {"ID": S, "Spec": spec, "PreviousSpec": previous}


def bind(path: str, **more: Any) -> dict[str, Any]:
    return {"Type": "bind", "Source": path, "Target": "/x", **more}


class Host(World):
    def __init__(
        self, *containers: dict[str, Any], volumes: Mapping[str, str] = {}, services: Sequence[Any] = (),
        mounts: Sequence[tuple[str, str]] = (), links: Sequence[str] = (), recursive: bool = True,
    ) -> None:  # fmt: skip
        """`mounts`: where on the host -> what of its one disk."""
        known = {name: self.bound(name, path) for name, path in volumes.items()}
        self._volumes, self._links = known, links
        self._mounted = mounted(list(containers), {"Volumes": list(known.values())}, list(services))
        root = [("/", "/")] if mounts else []
        disk: dict[str, Any] = {"fstype": "ext4", "device": "8:1", "source": "", "options": ()}
        points = (MountPoint(target=target, root=of, **disk) for target, of in (*root, *mounts))
        self._tree = HostTree(points, recursive=recursive)
        super().__init__(**{each["Id"]: self.inspected(each) for each in containers})

    @staticmethod
    def bound(name: str, path: str) -> dict[str, Any]:
        return {"Name": name, "Driver": "local", "Options": {"type": "none", "o": "bind", "device": path}}

    @staticmethod
    def inspected(container: dict[str, Any]) -> dict[str, Any]:
        mounts = [{**mount, "Destination": "/x"} for mount in container["Mounts"]]
        config = {"Image": "x", "Labels": container["Labels"]}
        state = {"Status": "exited", "Running": False}
        told = {"Config": config, "HostConfig": HOST, "Mounts": mounts, "State": state}
        return {"Id": container["Id"], "Name": "/old", **told}

    async def volume(self, name: str) -> Mapping[str, Any] | None:
        return self._volumes.get(name)

    async def mounted(self) -> Sequence[Mounted]:
        return self._mounted

    def tree(self) -> HostTree:
        return self._tree

    def who_may_swap(self, path: str, *, follow: bool) -> str:
        return f"{path} is a link" if path in self._links and not follow else ""


async def create(world: Host, *binds: str, labels: Mapping[str, str] = {}, **host: Any) -> str:
    body = {"Image": "x", "Labels": dict(labels), "HostConfig": {"Binds": list(binds), **host}}
    return (await ask("POST /containers/create", body, world=world, policy=LISTED)).message()


BAD: dict[str, tuple[Host, tuple[str, ...], dict[str, Any]]] = {
    "below what another writes": (Host(listed(A, "/srv/x")), ("/srv/x/b:/b:ro",), {}),
    "deep below it": (Host(listed(A, "/srv/x")), ("/srv/x/b/c/d:/b",), {}),
    "below what another writes a part of": (Host(listed(A, "/srv/x/b")), ("/srv/x/b/c:/b",), {}),
    "writing above what another mounts": (Host(listed(A, "/srv/x/b")), ("/srv/x:/x",), {}),
    "writing above what another reads": (Host(listed(A, "/srv/x/b:ro")), ("/srv/x:/x",), {}),
    "a listed folder below a listed folder": (Host(listed(A, "/srv/x")), ("/srv/x/low:/b",), {}),
    "a listed folder whose own place another writes": (Host(listed(A, "/srv")), ("/srv/x:/b",), {}),
    "both in one": (Host(), ("/srv/x:/x", "/srv/x/b:/b"), {}),
    "both in one, the upper one later": (Host(), ("/srv/x/b:/b", "/srv/x:/x"), {}),
    "below what another writes by a volume": (Host(listed(A, "v"), volumes={"v": "/srv/x"}), ("/srv/x/b:/b",), {}),
    "by a volume below what another writes": (Host(listed(A, "/srv/x"), volumes={"v": "/srv/x/b"}), ("v:/b",), {}),
    "by a new volume below what another writes": (
        Host(listed(A, "/srv/x")), (),
        {"Mounts": [{"Type": "volume", "Target": "/b", "VolumeOptions": {"DriverConfig": {
            "Name": "local", "Options": {"type": "none", "o": "bind", "device": "/srv/x/b"}}}}]},
    ),
    "by Mounts": (Host(listed(A, "/srv/x")), (), {"Mounts": [bind("/srv/x/b")]}),
    "by Mounts, made on demand": (
        Host(listed(A, "/srv/x")), (), {"Mounts": [bind("/srv/x/b", BindOptions={"CreateMountpoint": True})]},
    ),
    "lent by another": (Host(listed(A, "/srv/x/b")), ("/srv/x:/x",), {"VolumesFrom": [f"{A}:ro"]}),
    "below what a service writes": (Host(services=[service(bind("/srv/x"))]), ("/srv/x/b:/b",), {}),
    "above what a service mounts": (Host(services=[service(bind("/srv/x/b", ReadOnly=True))]), ("/srv/x:/x",), {}),
    "below what a service writes by a volume of its own": (
        Host(services=[service({"Type": "volume", "Target": "/x", "VolumeOptions": {"DriverConfig": {
            "Options": {"type": "none", "o": "bind", "device": "/srv/x"}}}})]), ("/srv/x/b:/b",), {},
    ),
    "below what a service writes when it is rolled back": (
        Host(services=[service(before=[bind("/srv/x")])]), ("/srv/x/b:/b",), {},
    ),
    "below another path of what another writes": (
        Host(listed(A, "/mnt/y"), mounts=[("/mnt/y", "/srv/x")]), ("/srv/x/b:/b",), {},
    ),
    "below what is mounted in what another writes": (
        Host(listed(A, "/mnt"), mounts=[("/mnt/y", "/srv/x")]), ("/srv/x/b:/b",), {},
    ),
    "on another mount, whose place another writes": (
        Host(listed(A, "/srv/x"), mounts=[("/srv/x/low", "/other")]), ("/srv/x/low/b:/b",), {},
    ),
    "below what another follows the mounts of": (
        Host(listed(A, "/disk:rslave"), mounts=[("/disk/x", "/some")]), ("/disk/x/b:/b",), {},
    ),
    "below what another writes beside who is root anyway": (
        Host(listed(A, "/disk/x"), listed(B, "/"), mounts=[("/disk/x", "/some")]), ("/disk/x/b:/b",), {},
    ),
    "below what an old kernel leaves writable": (
        Host(listed(A, "/disk:ro"), mounts=[("/disk/x", "/some")], recursive=False), ("/disk/x/b:/b",), {},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
async def test_what_another_can_replace_is_not_bound(name: str) -> None:
    world, binds, host = BAD[name]
    assert "guard/replaceable" in await create(world, *binds, **host)


GOOD: dict[str, tuple[Host, tuple[str, ...], dict[str, Any]]] = {
    "the listed folder, by many": (Host(listed(A, "/srv/x"), listed(B, "/srv/x")), ("/srv/x:/x",), {}),
    "the same folder below it": (Host(listed(A, "/srv/x/b")), ("/srv/x/b:/x",), {}),
    "folders beside each other": (Host(listed(A, "/srv/x/b"), listed(B, "/srv/x/c")), ("/srv/x/d:/x",), {}),
    "below what others only read": (Host(listed(A, "/srv/x:ro")), ("/srv/x/b:/x",), {}),
    "reading above what others write": (Host(listed(A, "/srv/x/b")), ("/srv/x:/x:ro",), {}),
    "both in one, the upper one to read": (Host(), ("/srv/x:/x:ro", "/srv/x/uploads:/x/uploads"), {}),
    "beside who is root anyway": (Host(listed(A, "/"), listed(B, "/var/lib")), ("/srv/x/b:/x",), {}),
    "beside who reads everything": (Host(listed(A, "/:rslave")), ("/srv/x/b:/x",), {}),
    "beside a plain volume": (Host(listed(A, "v")), ("/srv/x/b:/x", "v:/v"), {}),
    "a name that begins alike": (Host(listed(A, "/srv/x/b")), ("/srv/x/bb:/x",), {}),
    "what a disk below it holds, read-only": (
        Host(listed(A, "/disk:ro"), mounts=[("/disk/x", "/some")]), ("/disk/x/b:/b",), {},
    ),
    "its own volume that binds": (Host(listed(A, "v"), volumes={"v": "/srv/x"}), ("v:/x",), {}),
}  # fmt: skip


@pytest.mark.parametrize("name", GOOD)
async def test_what_nobody_can_replace_is_bound(name: str) -> None:
    world, binds, host = GOOD[name]
    assert await create(world, *binds, **host) == ""


async def test_compose_may_move_a_bind_of_the_container_that_it_replaces() -> None:
    world = Host(listed(A, "/srv/x"))
    labels = {"com.docker.compose.project": "shop", "com.docker.compose.replace": A}
    assert await create(world, "/srv/x/b:/b", labels=labels) == ""
    assert await create(world, "/srv/x/b:/b", labels={**labels, "com.docker.compose.project": "other"})
    assert await create(world, "/srv/x/b:/b", labels={**labels, "com.docker.compose.replace": "a"})
    both = Host(listed(A, "/srv/x"), listed(B, "/srv/x/b"))
    started = await ask(f"POST /containers/{B}/start", world=both, policy=LISTED)
    assert "guard/replaceable" in started.message(), "as long as the other one is there"


@pytest.mark.parametrize("id", [A, B])
@pytest.mark.parametrize(
    ("line", "body"),
    [("start", None), ("restart?t=0", None), ("update", {"RestartPolicy": {"Name": "always"}})],
)
async def test_what_came_to_be_is_not_started(id: str, line: str, body: Any) -> None:
    """Two that were asked for in the same moment, or were there before the guard."""
    world = Host(listed(A, "/srv/x"), listed(B, "/srv/x/b"))
    assert (
        "guard/replaceable" in (await ask(f"POST /containers/{id}/{line}", body, world=world, policy=LISTED)).message()
    )
    for one in (Host(listed(A, "/srv/x"), listed(B, "/srv/x")), Host(listed(A, "/srv/x/b"), listed(B, "/srv/x/c"))):
        assert (await ask(f"POST /containers/{id}/{line}", body, world=one, policy=LISTED)).allowed


async def test_a_name_that_begins_the_id_of_another_starts_none() -> None:
    """The engine looks it up once more, and the one with the name may be renamed by then."""

    class Named(Host):
        async def container(self, reference: str) -> Mapping[str, Any] | None:
            harmless = {**self.inspected(listed("c" * 64)), "Name": "/bbb"}
            return harmless if reference == "bbb" else await super().container(reference)

        async def containers_beginning(self, beginning: str) -> tuple[str, ...]:
            return tuple(id for id in (A, B) if id.startswith(beginning))

    world = Named(listed(A, "/srv/x"), listed(B, "/srv/x/b"))
    assert "guard/replaceable" in (await ask("POST /containers/bbb/start", world=world, policy=LISTED)).message()


async def test_no_link_below_a_listed_folder_is_followed_at_a_start() -> None:
    """Whoever made it may be gone."""
    world = Host(listed(A, "/srv/x/b"), links=["/srv/x/b"])
    assert "is a link" in (await ask(f"POST /containers/{A}/start", world=world, policy=LISTED)).message()
    world = Host(listed(A, "/data/b"), links=["/data/b"])
    assert (await ask(f"POST /containers/{A}/start", world=world, policy=LISTED)).allowed, "root made that one"


@pytest.mark.parametrize("line", ["POST /services/create", f"POST /services/{S}/update?version=1"])
async def test_services(line: str) -> None:
    world = Host(listed(A, "/srv/x"), volumes={"v": "/srv/x/b"})
    for mount in (bind("/srv/x/b"), {"Type": "volume", "Source": "v", "Target": "/x"}):
        spec = service(mount)["Spec"]
        assert "guard/replaceable" in (await ask(line, spec, world=world, policy=LISTED)).message(), mount
    assert (await ask(line, service(bind("/srv/x"))["Spec"], world=world, policy=LISTED)).allowed
    moved = Host(services=[service(bind("/srv/x"))])
    assert (
        "service s can write /srv/x"
        in (await ask(line, service(bind("/srv/x/b"))["Spec"], world=moved, policy=LISTED)).message()
    ), "its old tasks run until the new ones do"


class Slow(EngineWorld):
    """An engine that lists a service only long after it was asked for it: it asks a registry first."""

    async def _get(self, path: str) -> Any:
        if path == "/services":
            raise WrongState("no manager")
        return {"Volumes": []} if path == "/volumes" else []

    async def image(self, reference: str) -> None:
        return None

    async def context(self) -> EngineContext:
        return await EmptyWorld().context()

    def tree(self) -> HostTree:
        return HostTree()

    async def _own_paths(self) -> OwnPaths:
        return own_paths()


async def test_a_service_counts_before_the_engine_lists_it() -> None:
    world = Slow("unix:///nowhere")

    async def asked(line: str, body: Any) -> str:
        return (await ask(line, body, world=world, policy=LISTED)).message()  # type: ignore[arg-type]

    container = {"Image": "x", "HostConfig": {"Binds": ["/srv/x:/x"]}}
    refused = service(bind("/srv/x/b"), bind("/etc"))["Spec"]
    assert "guard/binds" in await asked("POST /services/create", refused)
    below = service(bind("/srv/x/b"))["Spec"]
    assert "guard/replaceable" not in await asked("POST /services/create", below)
    assert "a service that is being made mounts /srv/x/b" in await asked("POST /containers/create", container)
    above = service(bind("/srv/x"))["Spec"]
    assert "guard/replaceable" in await asked("POST /services/create", above)
    assert "guard/replaceable" not in await asked("POST /services/create", below), "what was refused is not there"


async def test_a_bind_beside_a_service_that_waits_for_its_volume() -> None:
    """Nobody knows yet where that volume will lie."""
    waits = Host(services=[service({"Type": "volume", "Source": "v", "Target": "/x"})])
    body = {"Image": "x", "HostConfig": {"Binds": ["/srv/x/a:/x"]}}
    assert (await ask("POST /containers/create", body, world=waits, policy=LISTED)).allowed


async def test_the_work_grows_with_the_mounts_and_not_with_their_pairs(monkeypatch: pytest.MonkeyPatch) -> None:
    """512 binds beside 300 of others are 400,000 pairs: judged one by one they held everybody up for seconds."""
    looked, ways = 0, HostTree.ways

    def counting(tree: HostTree, path: str) -> Any:
        nonlocal looked
        looked += 1
        return ways(tree, path)

    monkeypatch.setattr(HostTree, "ways", counting)
    others = [listed(f"{each:064x}", f"/srv/x/o{each}") for each in range(300)]
    body = {"Image": "x", "HostConfig": {"Binds": [f"/srv/x/b{each}:/x{each}" for each in range(512)]}}
    decision = await ask("POST /containers/create", body, world=Host(*others), policy=LISTED)
    assert decision.allowed, decision.message()
    assert looked < 4 * (300 + 512)


async def test_a_volume_that_a_service_waits_for() -> None:
    """Its next task mounts what is there then."""
    waits = service({"Type": "volume", "Source": "v", "Target": "/x"})
    volume = {"Name": "v", "DriverOpts": {"type": "none", "o": "bind", "device": "/srv/x"}}
    below = Host(listed(B, "/srv/x/b"), services=[waits])
    assert "guard/replaceable" in (await ask("POST /volumes/create", volume, world=below, policy=LISTED)).message()
    nobody = Host(listed(B, "/srv/x/b"))
    assert (await ask("POST /volumes/create", volume, world=nobody, policy=LISTED)).allowed, "its use is judged"
    written = Host(listed(A, "/srv"))
    assert not (await ask("POST /volumes/create", volume, world=written, policy=LISTED)).allowed


async def test_many_mounts_are_judged_in_a_moment() -> None:
    """As many as a request may have, on a host with many mounts and containers."""
    many = [listed(f"{number:064x}", *(f"/srv/x/{number}/{each}" for each in range(5))) for number in range(200)]
    disks = [(f"/mnt/{number}", f"/{number}") for number in range(100)]
    world = Host(*many, mounts=disks)
    begun = time.process_time()
    assert await create(world, *(f"/srv/x/own/{number}:/{number}:ro" for number in range(500))) == ""
    assert time.process_time() - begun < 5
