"""The plan of a backup as a person reads it, and as a program does."""

from __future__ import annotations

import json

import pytest
from msgspec import structs

from dockworthy.backup.plan import plan_backup
from dockworthy.model.backup import DataKind, DataSet, DataWriter
from dockworthy.model.backup_settings import BackupSettings, DataSettings
from dockworthy.report.backup import backup_plan_json, render_backup_plan, size_in_words
from report.golden_files import assert_golden


def writer(service: str, *programs: str, running: bool = True) -> DataWriter:
    name = f"shop-{service}-1"
    return DataWriter(container=name, id=name, project="shop", service=service, mounted_at="/data", programs=programs,
                      running=running)  # fmt: skip


def data(name: str, kind: DataKind, size: int, *writers: DataWriter, **more: str) -> DataSet:
    told = {"path": f"/var/lib/docker/volumes/shop_{name}/_data", "volume": f"shop_{name}", **more}
    return DataSet(name=name, project="shop", kind=kind, bytes=size, files=9, writers=writers, **told)


FOUND = [
    data("db", DataKind.POSTGRESQL, 790_000_000, writer("db", "postgres"), version="17"),
    data("cache", DataKind.VALKEY, 12_000, writer("cache", "valkey-server"), version="8.1.3"),
    data("uploads", DataKind.FILES, 2_345_000_000, writer("web", "python3"), writer("worker", "python3")),
    data("old", DataKind.MARIADB, 300_000, writer("blog", running=False), version="10.11.6"),
    data(
        "/srv/shop/a folder with a long name/measurements",
        DataKind.UNKNOWN,
        0,
        writer("metrics", "influxd"),
        path="/srv/shop/m",
        doubt="influxd runs in shop-metrics-1, a database of which dockworthy makes no dump by itself",
    ),
    data("left\nover", DataKind.EMPTY, 0),
]
SETTINGS = BackupSettings(
    to=("sftp:backup@vault:/srv/shop", "rest:https://shop:hunter2@vault/shop"),
    data={"cache": DataSettings(skip="rebuilt by the app")},
)
PLAN = plan_backup(SETTINGS, FOUND, "shop", also=("dockworthy.yaml",))


def test_plan() -> None:
    text = render_backup_plan(PLAN, width=80, colour=False)
    assert "hunter2" not in text
    assert_golden("backup-plan.txt", text)


@pytest.mark.parametrize("width", [50, 60, 80, 100])
def test_a_row_never_is_wider_than_the_paper(width: int) -> None:
    text = render_backup_plan(PLAN, width=width, colour=False)
    rows = text.partition("\nWhy\n")[0]
    assert max(map(len, rows.splitlines())) <= max(width, 62)


def test_json_has_all_of_it() -> None:
    told = json.loads(backup_plan_json(PLAN))
    assert told["schema"] == 1 and told["scope"] == "shop" and "hunter2" not in str(told)
    assert [each["name"] for each in told["data"]] == [each.name for each in FOUND]
    db, cache = told["data"][:2]
    assert (db["kind"], db["method"], db["container"], db["bytes"]) == (
        "postgresql", "pg_dump", "shop-db-1", 790_000_000,
    )  # fmt: skip
    assert db["writers"][0]["programs"] == ["postgres"]
    assert (cache["method"], cache["why"]) == ("skipped", "rebuilt by the app")
    assert len(told["data"][4]["answers"]) == 3


def test_a_name_that_is_no_text_is_shown() -> None:
    odd = DataSet(name="a\udcff", project="", kind=DataKind.SQLITE, path="/a\udcff", sqlite=("b\udcff",))
    plan = plan_backup(BackupSettings(), [odd], "")
    assert "a\\xff" in render_backup_plan(plan, width=80, colour=False)
    assert json.loads(backup_plan_json(plan))["data"][0]["sqlite"] == ["b\\xff"]


def test_other_projects_are_named() -> None:
    both = structs.replace(writer("web"), project="blog", id="2")
    plan = plan_backup(BackupSettings(), [data("up", DataKind.FILES, 1, writer("web"), both)], "shop")
    assert "web, blog/web" in render_backup_plan(plan, width=100, colour=False)


def test_sizes() -> None:
    sizes = [0, 999, 1000, 12_345, 790_000_000, 2_345_000_000, 5 * 10**12]
    assert [*map(size_in_words, sizes)] == ["0 B", "999 B", "1.0 kB", "12 kB", "790 MB", "2.3 GB", "5.0 TB"]
    assert size_in_words(10**9, measured=False) == "over 1.0 GB"
