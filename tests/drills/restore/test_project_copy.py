"""The copy of a project into which a backup is restored: what gets fresh volumes, what is only read, what lacks."""

from __future__ import annotations

from typing import Any

from dockworthy.drills.restore.project_copy import ProjectCopy, bound_paths

from .copies import bind, by_command, copied, dumped, rendered, saved, volume

NOBODYS = {"volume": "", "path": "/srv/files"}


def mounts(copy: ProjectCopy, service: str, folders: dict[str, str] | None = None) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = copy.placed(folders or {})["services"][service]["volumes"]
    return found


def test_saved_volumes_are_fresh_ones_wherever_they_are_mounted() -> None:
    project = rendered(
        web={"volumes": [volume("files"), volume("cache", "/cache")]},
        worker={"volumes": [volume("files", "/in", read_only=True)]},
    )
    copy = copied(project, saved("files"))
    fresh = {"type": "volume", "source": "restored-0", "target": "/data", "read_only": False}
    assert mounts(copy, "web")[0] == fresh
    assert mounts(copy, "web")[1]["source"] == "cache", "what was not saved begins empty"
    assert mounts(copy, "worker") == [{**fresh, "target": "/in", "read_only": True}]
    assert copy.volumes == {"files": "dockworthy-verify-run_files"}
    assert copy.placed({})["volumes"]["restored-0"] == {"name": "dockworthy-verify-run_files", "external": True}
    assert copy.lost == ()


def test_a_folder_of_the_host_that_was_saved_can_be_written_to() -> None:
    copy = copied(
        rendered(web={"volumes": [bind("/srv/files")]}), saved("/srv/files", **NOBODYS), folders=("/srv/files",)
    )
    (mount,) = mounts(copy, "web")
    assert (mount["type"], mount["source"], mount["read_only"]) == ("volume", "restored-0", False)


def test_a_database_in_a_folder_of_the_host_is_one_that_takes_its_dump() -> None:
    project = rendered(db={"volumes": [bind("/srv/pgdata")]})
    data = dumped("/srv/pgdata", volume="", path="/srv/pgdata")
    assert copied(project, data, folders=("/srv/pgdata",)).dumps == {"/srv/pgdata": "db"}


def test_a_link_to_a_folder_is_that_folder() -> None:
    project = rendered(web={"volumes": [bind("/opt/link")]})
    assert copied(project, saved("/srv/files", **NOBODYS)).lost
    assert copied(project, saved("/srv/files", **NOBODYS), links={"/opt/link": "/srv/files"}).lost == ()
    assert bound_paths(project) == ("/opt/link",)


def test_a_single_file_is_bound_from_where_it_was_restored() -> None:
    project = rendered(web={"volumes": [volume("files"), bind("/srv/shop.db", "/shop.db")]})
    data = saved("/srv/shop.db", volume="", path="/srv/shop.db", single=True)
    copy = copied(project, saved("files"), data)
    assert mounts(copy, "web", {"files": "/v0", "/srv/shop.db": "/v1"})[1] == {
        "type": "bind", "source": "/v1/shop.db", "target": "/shop.db", "read_only": False,
        "bind": {"create_host_path": False},
    }  # fmt: skip
    assert sorted(copy.volumes) == ["/srv/shop.db", "files"]


def test_what_the_host_has_is_never_written_to() -> None:
    project = rendered(web={"volumes": [bind("/srv/conf", "/conf", read_only=True), bind("/srv/one.conf", "/one")]})
    assert [(each["type"], each["read_only"]) for each in mounts(copied(project, folders=("/srv/conf",)), "web")] == [
        ("bind", True),
        ("bind", True),
    ]


def test_a_folder_that_may_be_written_and_was_not_saved_begins_empty() -> None:
    copy = copied(rendered(web={"volumes": [bind("/srv/cache", "/cache")]}), folders=("/srv/cache",))
    assert mounts(copy, "web") == [{"type": "volume", "target": "/cache", "read_only": False}]
    assert "web has nothing at /cache: it is not in this backup" in copy.notes


def test_a_part_of_a_volume_stays_that_part() -> None:
    project = rendered(web={"volumes": [volume("files", volume={"subpath": "up", "nocopy": True})]})
    assert mounts(copied(project, saved("files")), "web")[0]["volume"] == {"subpath": "up"}


def test_what_a_command_dumped_comes_back_where_it_ran() -> None:
    project = rendered(
        reader={"volumes": [volume("metrics", read_only=True)]},
        feeds={"volumes": [volume("metrics")]},
        metrics={"volumes": [volume("metrics")]},
    )
    copy = copied(project, by_command())
    assert copy.commands == {"metrics": "metrics"} and mounts(copy, "metrics")[0]["source"] == "restored-0"
    assert copied(project, by_command(service="gone")).commands == {"metrics": "feeds"}
    (lost,) = copied(project, by_command(restore="")).lost
    assert "does not say which one takes it back" in lost


def test_what_no_service_has_any_more_is_lost() -> None:
    project = rendered(web={}, old={"volumes": [volume("files")]}, db={"volumes": [volume("data", read_only=True)]})
    copy = copied(project, saved("gone"), saved("files"), dumped(), without=("old",))
    assert copy.lost == (
        "gone was saved, and no service of the project has it any more",
        "data was dumped by its server, and no service of the project writes to it any more",
    )
    assert "files" in copy.volumes, "a job has it"


def test_services_start_behind_those_that_they_need() -> None:
    project = rendered(
        web={
            "depends_on": {
                "db": {"condition": "service_healthy"},
                "setup": {"condition": "service_completed_successfully"},
            }
        },
        proxy={"network_mode": "service:web"},
        setup={"depends_on": {"db": {"condition": "service_started"}, "job": {"condition": "service_started"}}},
        db={"volumes": [volume("data")]},
        job={},
    )
    copy = copied(project, dumped(), without=("job",))
    assert copy.order == ("db", "setup", "web", "proxy")
    assert copy.waits["web"] == {"db": False, "setup": True}
    assert copy.waits["proxy"] == {"web": False} and copy.waits["setup"] == {"db": False}
    assert copy.order_of(["setup"]) == ("db", "setup")
    assert copy.order_of(["proxy"]) == copy.order
