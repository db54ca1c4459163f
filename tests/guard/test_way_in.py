"""Who on the host can enter what a container writes: a setuid program or a device there would give them root."""

from __future__ import annotations

import json
import os
import shutil
import struct
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from dockworthy.guard.host_tree import HostTree
from dockworthy.guard.life.planning import _entered
from dockworthy.guard.observing.drafting import draft
from dockworthy.guard.observing.state import AlikeObjects, ObservationState
from dockworthy.guard.policy_in_force import PolicyInForce
from dockworthy.guard.way_in import WayIn, way_in
from dockworthy.model.guard_policy import GuardPolicy
from dockworthy.model.host import MountPoint
from dockworthy.readers.engine_context import EngineContext
from guard.guarded import Guarded, start_guarded
from guard.test_judging import World, ask
from guard.worlds import FEATURES, LOOKED_AT
from machines.images import BUSYBOX
from machines.own_host import start_host

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="folders of root's are made")


@pytest.fixture
def shop() -> Iterator[Path]:
    """`/var/lib/…/shop/data`, with folders that everybody can enter, as mkdir makes them."""
    made = Path(tempfile.mkdtemp(dir="/var/lib", prefix="dockworthy-test-"))
    made.chmod(0o755)
    (made / "shop" / "data").mkdir(parents=True)
    yield made / "shop"
    shutil.rmtree(made)


def tree(*mounts: tuple[str, str, str], fstype: str = "ext4") -> HostTree:
    """`mounts`: target, the folder of the one disk that it shows, and its options."""
    return HostTree(
        MountPoint(target=target, root=root, fstype=fstype, device="8:1", source="", options=tuple(options.split(",")))
        for target, root, options in mounts
    )


ONE_DISK = tree(("/", "/", "rw,relatime"))


@needs_root
@pytest.mark.parametrize("trees", [ONE_DISK, HostTree()], ids=["one disk", "mounts unknown"])
def test_a_folder_that_everybody_enters(shop: Path, trees: HostTree) -> None:
    found = way_in(str(shop / "data"), trees)
    assert found == WayIn(folder=str(shop), closing=f"chmod o-x {shop}")
    assert f"`chmod o-x {shop}`" in found.remedy(str(shop / "data"))
    os.system(found.closing)
    assert way_in(str(shop / "data"), trees) is None, "the remedy is one"


@needs_root
def test_a_shut_folder_anywhere_above(shop: Path) -> None:
    (shop / "data" / "a" / "b").mkdir(parents=True)
    shop.parent.chmod(0o700)
    for path in (shop, shop / "data", shop / "data" / "a" / "b", shop / "data" / "not" / "there"):
        assert way_in(str(path), ONE_DISK) is None


@needs_root
def test_the_source_itself_is_the_containers_to_open(shop: Path) -> None:
    (shop / "data").chmod(0o700)
    assert way_in(str(shop / "data"), ONE_DISK) is not None


@needs_root
@pytest.mark.parametrize(
    ("mode", "owner", "group", "closing"),
    [
        (0o711, 0, 0, "chmod o-x"),
        (0o701, 0, 0, "chmod o-x"),
        (0o710, 0, 50, "chmod go-x"),
        (0o700, 1000, 0, "chown root"),
        (0o2750, 0, 50, "chmod go-x"),
    ],
)
def test_whoever_gets_in(shop: Path, mode: int, owner: int, group: int, closing: str) -> None:
    os.chown(shop, owner, group)
    shop.chmod(mode)
    found = way_in(str(shop / "data"), ONE_DISK)
    assert found is not None and found.closing.startswith(closing)


@needs_root
@pytest.mark.parametrize("mode", [0o700, 0o750, 0o744, 0o600])
def test_root_and_roots_group_alone(shop: Path, mode: int) -> None:
    shop.chmod(mode)
    assert way_in(str(shop / "data"), ONE_DISK) is None


@needs_root
def test_an_access_list_may_let_anybody_in(shop: Path) -> None:
    entries = ((1, 7, 0xFFFFFFFF), (2, 5, 1000), (4, 0, 0xFFFFFFFF), (16, 5, 0xFFFFFFFF), (32, 0, 0xFFFFFFFF))
    try:
        os.setxattr(
            shop, "system.posix_acl_access", struct.pack("<I", 2) + b"".join(struct.pack("<HHI", *e) for e in entries)
        )
    except OSError:
        pytest.skip("a file system without access lists")
    assert shop.stat().st_mode & 0o001 == 0
    found = way_in(str(shop / "data"), ONE_DISK)
    assert found is not None and found.closing.startswith(f"setfacl -b {shop}")


@needs_root
def test_a_file_that_is_mounted_is_a_program_too(shop: Path) -> None:
    (shop / "conf").write_text("x")
    assert way_in(str(shop / "conf"), ONE_DISK) is not None
    shop.chmod(0o700)
    assert way_in(str(shop / "conf"), ONE_DISK) is None
    os.mkfifo(shop.parent / "pipe")
    assert way_in(str(shop.parent / "pipe"), ONE_DISK) is None, "nothing that is run"


@needs_root
def test_the_folder_behind_a_link_counts(shop: Path) -> None:
    (shop.parent / "shut").mkdir(mode=0o700)
    (shop.parent / "shut" / "link").symlink_to(shop / "data")
    assert way_in(str(shop.parent / "shut" / "link"), ONE_DISK) is not None


@needs_root
def test_mounts_on_which_such_files_count_for_nothing(shop: Path) -> None:
    root = ("/", "/", "rw")
    for options, is_open in (("nosuid,nodev", False), ("nosuid", True), ("nodev", True), ("noexec,nodev", True)):
        found = way_in(str(shop / "data"), tree(root, (str(shop), str(shop), options)))
        assert bool(found) == is_open, options


@needs_root
def test_another_mount_of_the_same_folder(shop: Path) -> None:
    """The folder is shut where it is bound, and shown to everybody elsewhere."""
    shop.chmod(0o700)
    elsewhere = shop.parent / "elsewhere"
    elsewhere.mkdir()
    root = ("/", "/", "rw")
    for shown in (shop, shop / "data", shop / "data" / "deep"):
        found = way_in(str(shop / "data"), tree(root, (str(elsewhere), str(shown), "rw")))
        assert found is not None, shown
    assert way_in(str(shop / "data"), tree(root, (str(elsewhere), str(shop), "rw,nosuid,nodev"))) is None
    assert way_in(str(shop / "data"), tree(root, (str(elsewhere), str(shop.parent / "other"), "rw"))) is None


@needs_root
def test_what_is_mounted_below_is_written_too(shop: Path) -> None:
    """A disk of its own, which is shown at a place that everybody enters as well."""
    (shop / "data" / "disk").mkdir()
    elsewhere = shop.parent / "elsewhere"
    elsewhere.mkdir()
    shop.chmod(0o700)
    disk: dict[str, Any] = {"root": "/", "fstype": "ext4", "device": "8:2", "source": "", "options": ("rw",)}
    mounts = [MountPoint(target="/", **{**disk, "device": "8:1"}), MountPoint(target=f"{shop}/data/disk", **disk)]
    assert way_in(str(shop / "data"), HostTree(mounts)) is None
    assert way_in(str(shop / "data"), HostTree([*mounts, MountPoint(target=str(elsewhere), **disk)])) is not None


@needs_root
@pytest.mark.parametrize("fstype", ["fuse.sshfs", "fuse", "9p", "cifs"])
def test_modes_that_may_not_count(shop: Path, fstype: str) -> None:
    shop.chmod(0o700)
    assert way_in(str(shop / "data"), tree(("/", "/", "rw"), (str(shop.parent), "/", "rw"), fstype=fstype)) is not None


def test_folders_of_the_system_stay_open() -> None:
    found = way_in("/srv", ONE_DISK)
    assert found == WayIn(folder="/", closing="")
    remedy = found.remedy("/srv")
    assert "bind /srv/data after `chmod go-x /srv`" in remedy and "nosuid,nodev" in remedy


LISTED = PolicyInForce(guard=GuardPolicy(binds=("/srv", "/var/log:ro")))
OLD = {
    "Id": "a" * 64, "Name": "/old", "Config": {"Image": "x"},
    "HostConfig": {"MaskedPaths": ["/proc/kcore"] * 9, "ReadonlyPaths": ["/proc/bus"] * 9},
    "State": {"Status": "running", "Running": True},
    "Mounts": [{"Type": "bind", "Source": "/srv/x", "Destination": "/x", "RW": True}],
}  # fmt: skip
READING: dict[str, Any] = {
    **OLD,
    "Name": "/reading",
    "Mounts": [{**OLD["Mounts"][0], "RW": False, "Propagation": "rslave"}],
}
BOUND = {"type": "none", "o": "bind", "device": "/srv/x"}


class Entered(World):
    """Everybody enters everything below /srv but /srv/shut."""

    features = FEATURES

    async def context(self) -> EngineContext:
        return EngineContext(features=self.features, log_driver="json-file")

    async def volume(self, name: str) -> Mapping[str, Any] | None:
        return {"Name": name, "Driver": "local", "Options": BOUND if name == "bound" else {}}

    async def execution(self, id: str) -> Mapping[str, Any] | None:
        return {"ContainerID": "a" * 64, "ProcessConfig": {"privileged": False}}

    async def ways_in(self, paths: Sequence[str]) -> Sequence[WayIn | None]:
        return [self.way_in(path) for path in paths]

    def way_in(self, path: str) -> WayIn | None:
        return None if path.startswith("/srv/shut") else WayIn(folder="/srv", closing="chmod o-x /srv")


class Remapped(Entered):
    features = FEATURES | {"userns"}


def entered(inspect: Mapping[str, Any] = OLD, world: type[Entered] = Entered) -> Entered:
    return world(**{"old": inspect, "a" * 64: inspect, "reading": READING})


def create(**host: Any) -> tuple[str, Any]:
    return "POST /containers/create", {"Image": "x", "HostConfig": host}


def service(*mounts: Mapping[str, Any]) -> tuple[str, Any]:
    task = {"ContainerSpec": {"Image": LOOKED_AT, "Mounts": list(mounts)}}
    return "POST /services/create", {"Name": "s", "TaskTemplate": task}


VOLUME = {"Type": "volume", "Source": "bound", "Target": "/x"}
NEW_VOLUME = {
    "Type": "volume",
    "Target": "/x",
    "VolumeOptions": {"DriverConfig": {"Name": "local", "Options": BOUND}},
}
BAD = {
    "a bind": create(Binds=["/srv/x:/x"]),
    "a bind that says rw": create(Binds=["/srv/x:/x:rw,rprivate"]),
    "a mount": create(Mounts=[{"Type": "bind", "Source": "/srv/x", "Target": "/x"}]),
    "a volume that binds": create(Binds=["bound:/x"]),
    "a volume that binds, to be read": create(Binds=["bound:/x:ro"]),
    "a volume that binds, made by the way": create(Mounts=[NEW_VOLUME]),
    "what another lends": create(VolumesFrom=["old"]),
    "the volume": ("POST /volumes/create", {"Name": "v", "DriverOpts": BOUND}),
    "a service": service({"Type": "bind", "Source": "/srv/x", "Target": "/x"}),
    "a service with a volume that binds": service(VOLUME),
    "a service with a volume made by the way": service(NEW_VOLUME),
    "a start": ("POST /containers/old/start", None),
    "a restart": ("POST /containers/old/restart", None),
    "another restart policy": ("POST /containers/old/update", {"RestartPolicy": {"Name": "always"}}),
    "to be read, with what is mounted there later": create(Binds=["/srv/x:/x:ro,rslave"]),
    "to be read, with what is mounted there later, by a mount": create(
        Mounts=[
            {
                "Type": "bind",
                "Source": "/srv/x",
                "Target": "/x",
                "ReadOnly": True,
                "BindOptions": {"Propagation": "rslave"},
            }
        ]
    ),
    "a service that reads, with what is mounted there later": service(
        {"Type": "bind", "Source": "/srv/x", "Target": "/x", "ReadOnly": True, "BindOptions": {"Propagation": "rslave"}}
    ),
    "a start of one that reads, with what is mounted there later": ("POST /containers/reading/start", None),
    "a command": ("POST /containers/old/exec", {"Cmd": ["sh"]}),
    "a command that was made before": (f"POST /exec/{'b' * 64}/start", {}),
    "its input": ("POST /containers/old/attach?stdin=1&stream=1", None),
    "its input by a web socket": ("GET /containers/old/attach/ws?stream=1", None),
}
GOOD = {
    "to be read": create(Binds=["/srv/x:/x:ro", "/var/log:/l:ro"]),
    "to be read, by a mount": create(Mounts=[{"Type": "bind", "Source": "/srv/x", "Target": "/x", "ReadOnly": True}]),
    "a shut folder": create(Binds=["/srv/shut/x:/x"]),
    "a volume": create(Binds=["plain:/x"]),
    "memory": create(Tmpfs={"/x": ""}),
    "lent to be read": create(VolumesFrom=["old:ro"]),
    "a service that reads": service({"Type": "bind", "Source": "/srv/x", "Target": "/x", "ReadOnly": True}),
    "its output": ("POST /containers/old/attach?stdout=1&stream=1", None),
    "its files": ("GET /containers/old/archive?path=/x", None),
}


@pytest.mark.parametrize("what", BAD)
async def test_what_would_give_root(what: str) -> None:
    line, body = BAD[what]
    decision = await ask(line, body, world=entered(), policy=LISTED)
    assert [refusal.rule for refusal in decision.refusals] == ["guard/way-in"], decision.message()
    assert "chmod o-x /srv" in decision.message() and "nosuid,nodev" in decision.message()
    assert (await ask(line, body, world=entered(world=Remapped), policy=LISTED)).allowed


@pytest.mark.parametrize("what", GOOD)
async def test_what_gives_nothing(what: str) -> None:
    decision = await ask(*GOOD[what], world=entered(), policy=LISTED)
    assert decision.allowed, decision.message()


async def test_a_container_that_is_not_remapped() -> None:
    inspect = {**OLD, "HostConfig": {**OLD["HostConfig"], "UsernsMode": "host"}}
    decision = await ask("POST /containers/old/start", world=entered(inspect, Remapped), policy=LISTED)
    assert "guard/way-in" in decision.message()


async def test_what_is_not_listed_is_refused_for_that_alone() -> None:
    decision = await ask(*create(Binds=["/etc:/x"]), world=entered(), policy=LISTED)
    assert "guard/way-in" not in decision.message() and "guard/binds" in decision.message()


def test_a_draft_says_which_folders_are_to_be_shut() -> None:
    seen = {"a": AlikeObjects(kind="container", image="x", first="a", count=1, rules={"guard/binds": "x"},
                      needs={"binds": ["/srv/shop/data", "/srv/shut/data", "/var/log:ro"]})}  # fmt: skip
    drafted = draft(ObservationState(since=0, until=1, seen=seen), entered().way_in)
    before = {line.strip(): above for above, line in zip(drafted.splitlines(), drafted.splitlines()[1:], strict=False)}
    assert "chmod o-x /srv" in before['- "/srv/shop/data"']
    assert "chmod" not in before['- "/srv/shut/data"'] + before['- "/var/log:ro"']


@needs_root
def test_an_installation_warns_of_folders_that_are_to_be_shut(shop: Path) -> None:
    policy = GuardPolicy(binds=(str(shop), "/etc:ro"))
    if way_in(str(shop / "x"), HostTree()) is not None:
        assert [f"`chmod o-x {shop}`" in line for line in _entered(policy)] in ([True], [])
    shop.chmod(0o700)
    assert not list(_entered(policy))


HOST_POLICY = "guard: {binds: [/var/log/shop]}"
NOBODY = ("setpriv", "--reuid", "7007", "--regid", "7007", "--clear-groups")


@pytest.fixture(scope="module")
def guarded(engines_folder: Path) -> Iterator[Guarded]:
    host = start_host(engines_folder / "guard-way-in")
    try:
        host.write("/etc/guard.yaml", HOST_POLICY)
        host.run("mkdir", "-p", "/var/log/shop/a")
        host.run("cp", "/usr/bin/id", "/var/log/shop/a/id")  # busybox gives up such rights itself
        yield start_guarded(host, "--policy", "/etc/guard.yaml")
    finally:
        host.stop()


@pytest.mark.engine
def test_nobody_on_a_host_becomes_root_by_a_bind(guarded: Guarded) -> None:
    """Without the rule the user runs a shell of root's, and opens the disk."""
    host = guarded.host
    make = "chmod 4755 /d/id; mknod /d/disk b 8 0; chmod 666 /d/disk; chmod 777 /d"
    run = ("run", "--rm", "-v", "/var/log/shop/a:/d", BUSYBOX, "sh", "-c", make)
    refused = guarded.docker(*run, check=False)
    assert b"guard/way-in" in refused.stderr and b"chmod o-x /var/log/shop" in refused.stderr, refused.stderr
    host.run("chmod", "o-x", "/var/log/shop")
    guarded.docker(*run)
    assert b"id" in host.run("ls", "/var/log/shop/a").stdout
    for line in ("/var/log/shop/a/id", "head -c1 /var/log/shop/a/disk"):
        tried = host.run(*NOBODY, "sh", "-c", line, check=False)
        assert tried.returncode and b"Permission denied" in tried.stderr, line
    guarded.docker("create", "--name", "later", "-v", "/var/log/shop/a:/d", BUSYBOX, "true")
    host.run("chmod", "o+x", "/var/log/shop")
    started = host.run(*NOBODY, "/var/log/shop/a/id", "-u", check=False)
    assert started.stdout == b"0\n", "what the rule keeps away"
    again = guarded.docker("start", "later", check=False)
    guarded.docker("rm", "later")
    assert b"guard/way-in" in again.stderr
    host.run("rm", "-r", "/var/log/shop/a")
    read = json.loads(guarded.docker("info", "--format", "{{json .SecurityOptions}}").stdout)
    assert not any("userns" in option for option in read)
