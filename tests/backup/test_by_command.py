"""What a person's own commands saved: where it comes back, and what a plan and the page for the worst day say."""

from __future__ import annotations

import pytest
from msgspec import structs

from dockworthy.backup.restoring import _EXCHANGES, data_called, planned_restores, stopped_for
from dockworthy.errors import UsageError
from dockworthy.model.backup import (
    BackupMethod,
    BackupRun,
    DataKind,
    DataSet,
    DataWriter,
    RestoredData,
    RestorePlan,
    SavedData,
)
from dockworthy.report.backup_kit import render_kit
from dockworthy.report.restore import render_restore_plan

from .projects import commands_of

WRITER = DataWriter(container="shop-metrics-1", id="m", project="shop", service="metrics", mounted_at="/m")
OTHER = DataWriter(container="shop-feeds-1", id="f", project="shop", service="feeds", mounted_at="/m")
THERE = DataSet(name="metrics", project="shop", kind=DataKind.FILES, path="/m", volume="m", writers=(OTHER, WRITER))


def run(restore: str = "influxd-restore", *, single: str = "") -> BackupRun:
    plain = {"project": "shop", "method": BackupMethod.COMMAND, "kind": DataKind.COMMAND}
    data = SavedData(
        name="metrics", snapshots={"dump": "3" * 64}, service="metrics", dump="influxd-dump", restore=restore, **plain
    )
    file = {"project": "shop", "method": BackupMethod.COPY, "kind": DataKind.FILES, "snapshots": {"files": "4" * 64}}
    more = (SavedData(name=single, path=single, single=True, **file),) if single else ()
    return BackupRun(id="b", host="h", scope="shop", taken="t", ended="t", version="1", data=(data, *more))


def test_it_comes_back_where_it_ran_and_that_container_goes_on() -> None:
    (planned,) = planned_restores(run(), [THERE], ())
    assert (planned.server, planned.server_stays_up) == ("m", True)
    assert [each.container for each in stopped_for([planned], [THERE])] == ["shop-feeds-1"]


def test_data_is_called_as_in_dockworthy_yaml_by_its_service_too() -> None:
    more = DataSet(name="more", project="shop", kind=DataKind.FILES, path="/n", volume="n", writers=(OTHER,))
    assert data_called(("metrics", "gone"), [THERE, more]) == ("metrics", "gone")
    only = DataSet(name="data", project="shop", kind=DataKind.FILES, path="/m", volume="m", writers=(WRITER,))
    assert data_called(("metrics",), [only]) == ("data",)
    with pytest.raises(UsageError, match="feeds writes to several"):
        data_called(("feeds",), [THERE, more])


def test_a_backup_that_does_not_say_which_command_takes_it_back() -> None:
    with pytest.raises(UsageError, match="does not say which one takes it back") as error:
        planned_restores(run(restore=""), [THERE], ())
    assert "restic dump 333333333333 dump" in error.value.hint


def test_the_plan_and_the_page_show_the_command() -> None:
    data = RestoredData(
        name="metrics", project="shop", kind=DataKind.COMMAND, bytes=1, replaces=1, by="influxd-restore"
    )
    plan = RestorePlan(scope="shop", place="/r", run="b", taken="t", age=60, data=(data,), stops=())
    assert "by          influxd-restore" in render_restore_plan(plan, width=80, colour=False)
    page = render_kit(run("tee '/a b'"), ("/r",), "key")
    assert """    restic dump 3333333333333333 dump | docker exec -i metrics sh -c 'tee '"'"'/a b'"'"''\n""" in page


def test_a_single_file_is_restored_from_its_folder() -> None:
    page = render_kit(run(single="/srv/a b/shop.db"), ("/r",), "key")
    assert "restic restore 4444444444444444:'/srv/a b' --target 'srv_a b_shop.db'" in page
    assert "Copy the file shop.db to /srv/a b/shop.db" in page


@pytest.mark.parametrize(
    ("method", "snapshots"),
    [
        (BackupMethod.PG_DUMP, {"globals": "1" * 64}),
        (BackupMethod.MARIADB_DUMP, {"users": "1" * 64}),
        (BackupMethod.SQLITE, {"files": "1" * 64, "databases": "2" * 64}),
    ],
    ids=lambda value: str(value) if isinstance(value, BackupMethod) else "",
)
def test_no_name_of_a_table_is_a_command_of_the_page(method: BackupMethod, snapshots: dict[str, str]) -> None:
    tables = {"x\n    rm -rf /": {"rows": 1}}
    data = SavedData(
        name="data", project="shop", method=method, kind=DataKind.POSTGRESQL, snapshots=snapshots, path="/d",
        expected={"databases": {"a\n    reboot": {"tables": tables}}, "files": 1, "bytes": 1},
    )  # fmt: skip
    page = render_kit(structs.replace(run(), data=(data,)), ("/r",), "key")
    assert "- a     reboot: x     rm -rf /: 1 row\n" in page
    assert not [each for each in commands_of(page) if each.startswith(("rm", "reboot"))]


def test_each_way_back_can_be_taken() -> None:
    """A method of `Exchange` that is missing is only told where one is made."""
    assert not [kind for kind in _EXCHANGES.values() if getattr(kind, "__abstractmethods__", None)]
