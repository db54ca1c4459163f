"""Manifests that somebody put into a repository from which nobody here can remove them."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from backup.repositories import needs_restic, opened
from dockworthy.backup.repository import Repository
from dockworthy.backup.runs import MANIFEST, newest_undoubted, runs_in
from dockworthy.errors import HostError
from dockworthy.model.backup import BackupRun

pytestmark = [pytest.mark.program, needs_restic]


def run(id: str, scope: str = "shop") -> BackupRun:
    taken = f"2026-12-0{id}T03:00:00Z"
    return BackupRun(id=id, host="h", scope=scope, taken=taken, ended=taken, version="1", data=())


async def save(store: Repository, id: str, content: bytes, name: str = MANIFEST) -> None:
    await store.save_bytes(name, content, tags={"run": id, "scope": "shop", "part": "manifest"})


FORGED = {
    "no JSON": (MANIFEST, b"{"),
    "no manifest in it": ("other", b"x"),
    "of another project": (MANIFEST, msgspec.json.encode(run("3", "../../etc"))),
    "of another run": (MANIFEST, msgspec.json.encode(run("1"))),
}


@pytest.mark.parametrize("how", FORGED)
async def test_one_that_is_none_keeps_no_other_back(tmp_path: Path, how: str) -> None:
    said: list[str] = []
    async with opened(tmp_path) as store:
        await save(store, "1", msgspec.json.encode(run("1")))
        await save(store, "2", msgspec.json.encode(run("2")))
        await save(store, "3", FORGED[how][1], FORGED[how][0])
        assert [each.id for each in await runs_in(store, "shop", say=said.append)] == ["1", "2"]
        newest = await newest_undoubted(store, await store.snapshots(), "shop")
        assert newest is not None and newest.id == "2"
    assert len(said) == 1 and "left out" in said[0]


async def test_where_none_can_be_read_that_is_said(tmp_path: Path) -> None:
    async with opened(tmp_path) as store:
        await save(store, "1", b"{")
        with pytest.raises(HostError, match="can't be read"):
            await runs_in(store, "shop")


async def test_a_repository_that_does_not_answer_has_no_runs_to_leave_out(tmp_path: Path) -> None:
    async with opened(tmp_path) as store:
        await save(store, "1", msgspec.json.encode(run("1")))
        await runs_in(store, "shop")
        await save(store, "2", msgspec.json.encode(run("2")))
        (tmp_path / "r").rename(tmp_path / "away")
        with pytest.raises(HostError):
            await runs_in(store, "shop")
