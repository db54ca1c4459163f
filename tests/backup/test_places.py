"""Which places of a host count as data, by what the engine says of containers and volumes."""

from __future__ import annotations

from typing import Any

import pytest

from dockworthy.backup.discovery import data_sets
from dockworthy.backup.places import DataPlace, EngineFolders, data_places
from dockworthy.backup.recognising import PlaceContent
from dockworthy.model.backup import DataKind, DataSet

FOLDERS = EngineFolders("/var/lib/docker", "/var/lib/dockworthy")


def volume(name: str, project: str = "", **more: Any) -> dict[str, Any]:
    labels = {}
    if project:
        key = name.removeprefix(f"{project}_")
        labels = {"com.docker.compose.project": project, "com.docker.compose.volume": key}
    there = f"/var/lib/docker/volumes/{name}/_data"
    return {"Name": name, "Driver": "local", "Mountpoint": there, "Labels": labels, "Options": None, **more}


def mounted(name: str, *, read_only: bool = False) -> dict[str, Any]:
    source = f"/var/lib/docker/volumes/{name}/_data"
    return {"Type": "volume", "Name": name, "Source": source, "Destination": "/data", "RW": not read_only}


def bind(path: str, *, read_only: bool = False) -> dict[str, Any]:
    return {"Type": "bind", "Source": path, "Destination": "/bound", "RW": not read_only}


def container(service: str, *mounts: dict[str, Any], project: str = "shop", running: bool = True) -> dict[str, Any]:
    labels = {"com.docker.compose.project": project, "com.docker.compose.service": service} if project else {}
    name = f"{project}-{service}-1"
    return {"Id": name, "Name": f"/{name}", "Config": {"Labels": labels}, "State": {"Running": running},
            "Mounts": [*mounts]}  # fmt: skip


def places(
    containers: list[dict[str, Any]], volumes: list[dict[str, Any]] | None = None, project: str = "shop"
) -> dict[str, DataPlace]:
    return {each.name: each for each in data_places(containers, volumes or [], FOLDERS, project)}


def test_what_containers_may_write_to_counts_also_where_they_are_stopped() -> None:
    containers = [
        container("db", mounted("shop_db"), bind("/srv/shop/settings.ini")),
        container("web", mounted("shop_db", read_only=True), bind("/srv/up", read_only=True), running=False),
        container("job", bind("/srv/jobs"), running=False),
    ]
    found = places(containers, [volume("shop_db", "shop")])
    assert set(found) == {"db", "/srv/shop/settings.ini", "/srv/jobs"}
    assert [(w.service, w.read_only, w.running) for w in found["db"].writers] == [
        ("db", False, True),
        ("web", True, False),
    ]
    assert found["db"].volume == "shop_db" and found["db"].project == "shop"


def test_a_folder_that_is_only_read_is_none_and_a_volume_that_is_only_read_is() -> None:
    """Who filled the volume may be gone; a folder that is only read is the host's own."""
    containers = [container("web", mounted("shop_seed", read_only=True), bind("/srv/conf", read_only=True))]
    assert set(places(containers, [volume("shop_seed", "shop")])) == {"seed"}


def test_volumes_that_nobody_mounts_count_where_they_have_a_name() -> None:
    volumes = [volume("shop_old", "shop"), volume("blog_db", "blog"), volume("by-hand"), volume("a" * 64)]
    assert set(places([], volumes)) == {"old"}
    assert set(places([], volumes, "")) == {"old", "db", "by-hand"}


def test_a_project_has_what_it_writes_to_whoever_it_is_of() -> None:
    containers = [
        container("web", mounted("shared"), mounted("blog_up", read_only=True)),
        container("cms", mounted("blog_up"), project="blog"),
    ]
    volumes = [volume("shared"), volume("blog_up", "blog")]
    assert set(places(containers, volumes)) == {"shared"}
    assert set(places(containers, volumes, "blog")) == {"up"}
    assert set(places(containers, volumes, "")) == {"shared", "up"}


@pytest.mark.parametrize(
    "path",
    ["/var/run/docker.sock", "/var/lib/docker/containers", "/dev/shm", "/proc", "/sys/fs/cgroup", "/run/containerd/x",
     "/var/lib/dockworthy/edge/run", "/etc/docker"],
)  # fmt: skip
def test_the_engines_and_the_kernels_paths_are_no_data(path: str) -> None:
    assert places([container("agent", bind(path))]) == {}


@pytest.mark.parametrize("path", ["/", "/var", "/var/lib", "//var/lib/"])
def test_a_folder_that_holds_the_engines_is_asked_about(path: str) -> None:
    (found,) = places([container("agent", bind(path))]).values()
    assert found.below
    (told,) = data_sets([found], {}, {}, FOLDERS)
    assert told.kind is DataKind.UNKNOWN and "lies in it" in told.doubt


def test_memory_is_no_data() -> None:
    tmpfs = volume("shop_tmp", "shop", Options={"type": "tmpfs", "device": "tmpfs"})
    mount = {"Type": "tmpfs", "Source": "", "Destination": "/t", "RW": True}
    assert places([container("web", mounted("shop_tmp"), mount)], [tmpfs]) == {}


def test_a_volume_that_binds_a_folder_is_that_folder() -> None:
    bound = volume("shop_up", "shop", Options={"type": "none", "o": "bind", "device": "/srv/up"})
    containers = [container("web", mounted("shop_up")), container("cms", bind("/srv/up/images"))]
    (found,) = places(containers, [bound]).values()
    assert (found.path, found.shown, [w.service for w in found.writers]) == ("/srv/up", True, ["web", "cms"])


def test_a_file_system_from_elsewhere_is_seen_only_while_it_is_mounted() -> None:
    nfs = volume("shop_nfs", "shop", Options={"type": "nfs", "o": "addr=10.0.0.1", "device": ":/x"})
    (running,) = places([container("web", mounted("shop_nfs"))], [nfs]).values()
    (stopped,) = places([container("web", mounted("shop_nfs"), running=False)], [nfs]).values()
    assert running.shown and not stopped.shown
    (told,) = data_sets([stopped], {}, {}, FOLDERS)
    assert told.kind is DataKind.UNKNOWN and "none does" in told.doubt


def test_volumes_of_a_driver_that_tells_no_path_are_asked_about_one_by_one() -> None:
    volumes = [volume(f"shop_{key}", "shop", Driver="far", Mountpoint="") for key in ("a", "b")]
    found = data_sets(places([], volumes).values(), {}, {}, FOLDERS)
    assert [(each.name, each.kind) for each in found] == [("a", DataKind.UNKNOWN), ("b", DataKind.UNKNOWN)]
    assert all("does not tell where" in each.doubt for each in found)


def test_a_folder_of_a_volume_is_that_volume() -> None:
    containers = [container("web", bind("/var/lib/docker/volumes/shop_db/_data/sub"))]
    assert set(places(containers, [volume("shop_db", "shop")])) == {"db"}


def test_a_stack_counts_as_a_project() -> None:
    labels = {"com.docker.stack.namespace": "shop"}
    task = {**container("", mounted("shop_db")), "Config": {
        "Labels": {**labels, "com.docker.swarm.service.name": "shop_web"}}}  # fmt: skip
    (found,) = places([task], [volume("shop_db", Labels=labels)]).values()
    assert (found.name, found.project, found.writers[0].service) == ("db", "shop", "web")


def told(*found: DataPlace, programs: dict[str, tuple[str, ...]] | None = None, **content: Any) -> tuple[DataSet, ...]:
    seen = {
        each.path: PlaceContent(real=each.path, type="folder", looked=True, whole=True, **content) for each in found
    }
    return data_sets(found, seen, programs or {}, FOLDERS)


def test_equal_names_are_told_apart() -> None:
    volumes = [volume("shop_db", "shop"), volume("blog_db", "blog"), volume("db")]
    found = data_places([], volumes, FOLDERS, "")
    assert [each.name for each in told(*found)] == ["db@blog", "db@db", "db@shop"]


def test_two_names_of_one_place_are_one_data_set() -> None:
    found = [*places([container("a", bind("/srv/link")), container("b", bind("/srv/real"))]).values()]
    seen = {path: PlaceContent(real="/srv/real", type="folder", looked=True) for path in ("/srv/link", "/srv/real")}
    (one,) = data_sets(found, seen, {}, FOLDERS)
    assert [each.service for each in one.writers] == ["a", "b"]


def test_a_server_without_its_files_makes_a_doubt_and_its_second_volume_does_not() -> None:
    found = [*places([container("db", mounted("shop_db"), mounted("shop_wal"))],
                     [volume("shop_db", "shop"), volume("shop_wal", "shop")]).values()]  # fmt: skip
    lost = told(*found, programs={"shop-db-1": ("postgres",)}, files=1)
    assert ["no files of PostgreSQL" in each.doubt for each in lost] == [True, True]
    seen = {each.path: PlaceContent(real=each.path, type="folder", looked=True, whole=True, files=1) for each in found}
    at = next(each.path for each in found if each.name == "db")
    markers = {f"{at}/PG_VERSION": "17\n"}
    seen[at] = PlaceContent(real=at, type="folder", looked=True, whole=True, files=1, markers=markers)
    db, wal = data_sets(found, seen, {"shop-db-1": ("postgres",)}, FOLDERS)
    assert (db.kind, db.version, db.doubt, wal.kind, wal.doubt) == ("postgresql", "17", "", "files", "")


def test_another_database_is_a_question_of_its_filled_folder_alone() -> None:
    found = [*places([container("db", mounted("shop_a"), mounted("shop_b"))],
                     [volume("shop_a", "shop"), volume("shop_b", "shop")]).values()]  # fmt: skip
    seen = {each.path: PlaceContent(real=each.path, type="folder", looked=True, whole=True) for each in found}
    at = next(each.path for each in found if each.name == "b")
    seen[at] = PlaceContent(real=at, type="folder", looked=True, whole=True, files=9)
    a, b = data_sets(found, seen, {"shop-db-1": ("mongod",)}, FOLDERS)
    assert (a.kind, a.doubt, b.kind) == (DataKind.EMPTY, "", DataKind.UNKNOWN) and "mongod runs in" in b.doubt
