"""`dockworthy drill`: what is proven, from a state folder or a host, and the exit status that it means."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from deploy.composed import composed
from dockworthy.cli.drill import _keep
from dockworthy.cli.program import program
from dockworthy.drills.guard import Report, Trial, TrialOutcome
from dockworthy.drills.guard.outcome import TrialResult
from dockworthy.errors import UsageError
from dockworthy.model.release import Release, ReleaseState, release_as_json
from drills.proofs import ledger_here, proof

NOWHERE = "unix:///nowhere/docker.sock"


def ago(days: float) -> str:
    return (datetime.now(UTC) - timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%SZ")


def keep(state: Path, **more: Any) -> None:
    async def write() -> None:
        async with ledger_here(state) as ledger:
            await ledger.write(proof(**{"at": ago(1), "lapses": ago(-6), **more}))

    asyncio.run(write())


def drill(*words: str) -> Result:
    return CliRunner(catch_exceptions=False).invoke(program, ["drill", *words], standalone_mode=False)


def proofs(done: Result) -> dict[tuple[str, str], bool]:
    return {(each["claim"], each["subject"]): each["passed"] for each in json.loads(done.stdout)["proofs"]}


def test_a_state_folder(tmp_path: Path) -> None:
    listed = drill("--state", str(tmp_path))
    assert listed.return_value == 0 and "nothing was tried yet" in listed.stdout
    keep(tmp_path)
    listed = drill("--state", str(tmp_path))
    assert listed.return_value == 0 and "project/shop" in listed.stdout and "dockworthy drill restore" in listed.stdout
    keep(tmp_path, at=ago(0.5), passed=False)
    listed = drill("--state", str(tmp_path), "--format", "json")
    assert listed.return_value == 1 and proofs(listed) == {("1.backup", "project/shop"): False}


def test_what_lapsed_is_no_proof(tmp_path: Path) -> None:
    keep(tmp_path, lapses=ago(0.1))
    listed = drill("--state", str(tmp_path))
    assert listed.return_value == 1 and "lapsed" in listed.stdout


def test_what_can_not_be_read_is_undecided(tmp_path: Path) -> None:
    keep(tmp_path)
    (file,) = (tmp_path / "proofs").iterdir()
    file.write_text("{cut")
    listed = drill("--state", str(tmp_path), "--format", "json")
    assert listed.return_value == 3 and proofs(listed) == {} and "it is damaged" in listed.stderr


def test_what_releases_prove(tmp_path: Path) -> None:
    folder = tmp_path / "releases" / "shop"
    folder.mkdir(parents=True)
    back = Release(number=2, project="shop", target="compose", state=ReleaseState.KEPT, spec=composed(), services={},
                   ended=ago(2), returns_to=1)  # fmt: skip
    (folder / "2.json").write_bytes(release_as_json(back))
    listed = drill("--state", str(tmp_path), "--format", "json")
    assert listed.return_value == 0 and proofs(listed) == {("3.rollback", "project/shop"): True}
    assert json.loads(listed.stdout)["proofs"][0]["lapses"] == ago(2 - 180)


def test_a_host_whose_engine_does_not_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its files tell all the same; what a swarm may keep is unknown, and said."""
    monkeypatch.setenv("DOCKWORTHY_STATE", str(tmp_path))
    keep(tmp_path)
    (tmp_path / "releases" / "shop").mkdir(parents=True)
    listed = drill("--host", NOWHERE)
    assert listed.return_value == 3 and "project/shop" in listed.stdout
    assert "whether a swarm keeps proofs is unknown" in " ".join(listed.stdout.split())


def test_a_state_folder_has_no_host(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="exclude each other"):
        drill("--state", str(tmp_path), "--host", NOWHERE)
    with pytest.raises(UsageError, match="--format stands behind the command: drill guard --format"):
        drill("--format", "json", "guard", "--docker", NOWHERE)


def report(outcome: TrialOutcome) -> Report:
    attack = Trial(kind="mounts", name="the host's root", method="POST", target="/containers/create")
    good = Trial(kind="good", name="a list", method="GET", target="/containers/json")
    return Report((TrialResult(attack, outcome),), (TrialResult(good, TrialOutcome.PASSED),))


@pytest.mark.parametrize("outcome", [TrialOutcome.STOPPED, TrialOutcome.THROUGH])
def test_a_drill_of_the_guard_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, outcome: TrialOutcome) -> None:
    monkeypatch.setenv("DOCKWORTHY_STATE", str(tmp_path))
    _keep(report(outcome), "29.6.2")
    listed = drill("--state", str(tmp_path), "--format", "json")
    passed = outcome is TrialOutcome.STOPPED
    (kept,) = json.loads(listed.stdout)["proofs"]
    assert (kept["claim"], kept["subject"], kept["drill"], kept["passed"]) == ("2.policy", "engine", "guard", passed)
    assert kept["measured"] == {"attacks": 1.0, "stopped": float(passed), "good_calls": 1.0}
    assert listed.return_value == (0 if passed else 1)


def test_a_proof_that_can_not_be_kept_is_said_and_no_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "proofs").write_text("in its place")
    monkeypatch.setenv("DOCKWORTHY_STATE", str(tmp_path))
    _keep(report(TrialOutcome.STOPPED), "29.6.2")
    assert "the proof of this drill could not be kept" in capsys.readouterr().err
