"""Faults that a drill makes for the repository: in a folder of its own, never in what the host keeps."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from backup.repositories import needs_restic, opened
from deploy.local_sites import site_of
from dockworthy.backup.repository import Repository
from dockworthy.drills.restore import faults
from dockworthy.drills.restore.coming_up import DrillFailed
from dockworthy.drills.restore.faults import FaultKind, MadeFault, control_of, faults_of_repository, must_be_seen
from dockworthy.drills.restore.scratch_folder import scratch_folder
from dockworthy.engine.host_shell import shell_here
from dockworthy.errors import HostError, UsageError
from dockworthy.model.backup import BackupRun
from dockworthy.model.drill_proof import NegativeControl

pytestmark = pytest.mark.slow

RUN = BackupRun(id="b", host="h", scope="shop", taken="2026-12-01", ended="2026-12-01", version="1", data=())
Sees = Callable[[Repository, Callable[[FaultKind], Awaitable[list[MadeFault]]]], Awaitable[Any]]


def with_repository(folder: Path, sees: Sees) -> Any:
    async def run() -> Any:
        async with opened(folder) as store, shell_here(command="drill") as shell:
            site = site_of(shell, folder / "state")
            return await sees(store, lambda kind: faults_of_repository(site, store, RUN, frozenset({kind})))

    return asyncio.run(run())


@needs_restic
def test_another_key_is_refused_and_the_hosts_own_files_stay_as_they_are(tmp_path: Path) -> None:
    async def sees(store: Repository, make: Any) -> None:
        before = files_of(tmp_path / "state")
        (made,) = await make(FaultKind.KEY)
        assert made == MadeFault("another key for the repository", "tried another key on the repository", True)
        assert files_of(tmp_path / "state") == before
        await store.snapshots()  # by the script that the host keeps

    with_repository(tmp_path, sees)


@needs_restic
def test_a_repository_that_does_not_answer_is_no_refusal_of_a_key(tmp_path: Path) -> None:
    async def sees(store: Repository, make: Any) -> None:
        (tmp_path / "r" / "config").rename(tmp_path / "config")
        with pytest.raises((HostError, UsageError)):
            await make(FaultKind.KEY)

    with_repository(tmp_path, sees)


@needs_restic
def test_a_key_that_does_open_it_is_not_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def sees(store: Repository, make: Any) -> None:
        real = (tmp_path / "key").read_text()

        class SameKey:
            def with_arguments(self, key: str, variables: str) -> str:
                return f"umask 077; printf %s '{real}' >'{key}'"

        monkeypatch.setattr(faults, "_OTHER_KEY", SameKey())
        made = await make(FaultKind.KEY)
        assert control_of(made) == NegativeControl("another key for the repository", False)
        with pytest.raises(DrillFailed, match="the drill tried another key on the repository on purpose and did not"):
            must_be_seen(made)

    with_repository(tmp_path, sees)


@needs_restic
def test_variables_beside_the_key_are_those_of_the_other_key_too(tmp_path: Path) -> None:
    async def sees(store: Repository, make: Any) -> None:
        (tmp_path / "key.env").write_text("not a variable\n")
        (tmp_path / "key.env").chmod(0o600)
        with pytest.raises(UsageError, match="is not NAME=VALUE"):
            await make(FaultKind.KEY)

    with_repository(tmp_path, sees)


@needs_restic
def test_a_pack_that_is_cut_short_is_seen_in_a_repository_of_its_own(tmp_path: Path) -> None:
    async def sees(store: Repository, make: Any) -> None:
        before = files_of(tmp_path / "r"), files_of(tmp_path / "state")
        (made,) = await make(FaultKind.PACK)
        assert made.seen and made.fault == "a pack of a repository cut short"
        assert (files_of(tmp_path / "r"), files_of(tmp_path / "state")) == before

    with_repository(tmp_path, sees)


@needs_restic
def test_a_pack_that_was_not_cut_is_not_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def sees(store: Repository, make: Any) -> None:
        class CutsNothing:
            def with_arguments(self, repository: str) -> str:
                return ":"

        monkeypatch.setattr(faults, "_CUT_PACK", CutsNothing())
        (made,) = await make(FaultKind.PACK)
        assert not made.seen

    with_repository(tmp_path, sees)


def test_what_was_not_seen_is_the_one_that_the_proof_names() -> None:
    made = [MadeFault("a", "did a", True), MadeFault("b", "deleted a row in b", False), MadeFault("c", "did c", True)]
    assert control_of(made) == NegativeControl("b", False)
    with pytest.raises(DrillFailed) as error:
        must_be_seen(made)
    assert error.value.says == "the drill deleted a row in b on purpose and did not notice it, so it proves nothing"
    assert control_of([]) is None


def test_a_folder_for_trials_goes_and_so_does_what_was_killed_long_ago(tmp_path: Path) -> None:
    old, young, other = (tmp_path / name for name in ("drill.aaaaaa", "drill.bbbbbb", "drill.notes"))
    for folder in (old, young, other):
        folder.mkdir()
        (folder / "x").write_text("x")
    os.utime(old, (0, 0))

    async def run() -> None:
        async with shell_here(command="drill") as shell, scratch_folder(site_of(shell, tmp_path)) as folder:
            assert Path(folder).parent == tmp_path and Path(folder).stat().st_mode & 0o777 == 0o700
            assert not old.exists()

    asyncio.run(run())
    assert sorted(each.name for each in tmp_path.iterdir()) == ["drill.bbbbbb", "drill.notes"]


def files_of(folder: Path) -> dict[str, bytes]:
    """But for restic's cache, and what it locks while it reads."""
    return {
        str(each.relative_to(folder)): each.read_bytes()
        for each in sorted(folder.rglob("*"))
        if each.is_file() and not {"cache", "locks"} & set(each.relative_to(folder).parts)
    }
