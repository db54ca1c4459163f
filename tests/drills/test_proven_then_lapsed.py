"""The whole way, with a clock that moves: what a drill wrote into the ledger turns a demand from undecided to yes, and
when it lapses back."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

import tight
from dockworthy.cli.run import run
from dockworthy.controls.machine._evidence_examples import evidence, store
from dockworthy.facts.evidence.ledger import read_proven
from dockworthy.facts.host.root import Root
from drills.proofs import ledger_here, proof

RESTORE = "machine/restore-proven"
PRECIOUS = "intent: {data: precious, code: own, exposure: private, availability: best-effort}\n"
AT, LAPSES = "2026-11-24T11:00:00Z", "2026-12-08T11:00:00Z"


@pytest.fixture
def assess(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    def asked(taken: str, backup: str) -> dict[str, Any]:
        """The facts of the host below `tmp_path`, as they are read at that moment."""
        there = store("restic", "sftp:backup@vault:/srv/shop", newest=backup, count=9, local=False, encrypted=True)
        drills = [msgspec.to_builtins(each) for each in read_proven(Root(tmp_path))]
        snapshot = {**tight.snapshot(), "taken": taken, **evidence(stores=[there], jobs=[], drills=drills)}
        monkeypatch.chdir(tmp_path)
        Path("dockworthy.yaml").write_text(PRECIOUS)
        Path("facts.json").write_text(json.dumps(snapshot))
        run(["assess", "--from", "facts.json", "--format", "json"])
        return dict(json.loads(capsys.readouterr().out))

    return asked


def of(document: dict[str, Any]) -> tuple[str, str]:
    """What restore-proven found, and the answer for the demand."""
    (found,) = (each for each in document["findings"] if each["control"] == RESTORE)
    (demand,) = (each for each in document["demands"] if each["demand"] == "1.backup")
    return found["outcome"], demand["answer"]


async def write(tmp_path: Path, **more: Any) -> None:
    async with ledger_here(tmp_path / "var/lib/dockworthy") as ledger:
        await ledger.write(proof(AT, LAPSES, **more))


def test_undecided_then_yes_then_undecided(tmp_path: Path, assess: Any) -> None:
    now, backup = "2026-11-24T12:00:00Z", "2026-11-24T02:00:00Z"
    assert of(assess(now, backup)) == ("unknown", "undecided")

    asyncio.run(write(tmp_path))
    proven = assess(now, backup)
    assert of(proven) == ("pass", "yes")
    assert proven["verdict"]["valid_until"] == LAPSES
    assert proven["verdict"]["valid_because"] == "the restore of shop was proven until then"

    later = assess(LAPSES, "2026-12-08T02:00:00Z")
    assert of(later) == ("unknown", "undecided")

    asyncio.run(write(tmp_path, passed=False, says="the restore of shop failed"))
    failed = assess(now, backup)
    assert of(failed) == ("fail", "not_yet")
    assert failed["verdict"]["valid_because"] == "the restore of shop counts as failed until then"
