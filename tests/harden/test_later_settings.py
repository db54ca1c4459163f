"""An undo takes back what harden set in daemon.json, and leaves what came later: the guard, an address."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any, cast

import pytest

from dockworthy.engine.host_shell import HostShell, ScriptDone
from dockworthy.harden.later_settings import without_run
from dockworthy.harden.taking_back import _files_of, keep_later_settings
from dockworthy.harden.transaction import HardenStage, LetGo, stage_files, take_back
from dockworthy.model.hardening import WriteFile
from patience import patience

RUN = {"live-restore": True, "log-opts": {"max-size": "10m"}}
GUARD = {"authorization-plugins": ["dockworthy"]}


@pytest.mark.parametrize(
    ("before", "after", "now", "left", "later"),
    [
        (None, RUN, {**RUN, **GUARD}, GUARD, ["authorization-plugins"]),
        ({}, RUN, RUN, {}, []),
        ({"hosts": ["a"]}, {"hosts": ["a"], **RUN}, {"hosts": ["b"], **RUN}, {"hosts": ["b"]}, ["hosts"]),
        ({**GUARD}, {**GUARD, **RUN}, RUN, {}, []),  # the guard was uninstalled since
        ({"debug": True}, {"log-level": "info"}, {"log-level": "warn", "x": 1}, {"debug": True, "x": 1}, ["x"]),
        (
            {"log-opts": {"max-file": "5"}},
            {"log-opts": {"max-file": "5", "max-size": "10m"}},
            {"log-opts": {"max-file": "5", "max-size": "9m", "tag": "t"}},
            {"log-opts": {"max-file": "5", "tag": "t"}},
            [],
        ),
    ],
)
def test_own_settings_go_and_others_stay(
    before: dict[str, Any] | None, after: dict[str, Any], now: dict[str, Any], left: dict[str, Any], later: list[str]
) -> None:
    found = without_run(json.dumps(now), None if before is None else json.dumps(before), json.dumps(after), "f")
    assert found.text is not None and json.loads(found.text) == left and [*found.later] == later


def test_no_file_is_left_where_there_was_none() -> None:
    assert without_run(json.dumps(RUN, indent=1), None, json.dumps(RUN), "f").text is None


class ShellHere:
    name = "here"

    async def run(self, script: str, *, given: bytes | None = None, seconds: float = 60.0) -> ScriptDone:
        done = subprocess.run(["sh", "-c", script], input=given or b"", capture_output=True, timeout=patience(seconds))
        return ScriptDone(done.returncode, done.stdout.decode(), done.stderr.decode())


async def test_where_nothing_came_later_any_more_no_file_comes_back(tmp_path: Path) -> None:
    """There was none before the run; a `--force` that was cut off had kept what came later, and that has gone since."""
    shell, folder, file = cast(HostShell, ShellHere()), tmp_path / "stage", tmp_path / "daemon.json"
    for name in ("old", "new"):
        (folder / name).mkdir(parents=True)
    (folder / "new" / "1").write_text(json.dumps(RUN))
    (folder / "old" / "1.none").touch()
    said: list[str] = []
    file.write_text(json.dumps({**RUN, **GUARD}))
    await keep_later_settings(shell, str(folder), "1", str(file), said.append)
    assert json.loads((folder / "old" / "1").read_text()) == GUARD
    file.write_text(json.dumps(RUN, indent=3))
    await keep_later_settings(shell, str(folder), "1", str(file), said.append)
    assert not (folder / "old" / "1").exists() and (folder / "old" / "1.none").exists() and len(said) == 1


@pytest.mark.parametrize("before", [None, '{"debug": true}'])
async def test_a_stage_is_taken_back_around_the_guard(tmp_path: Path, before: str | None) -> None:
    """Also in the settings by which the engine lets go of live-restore, in between."""
    shell, folder, file, seen = (
        cast(HostShell, ShellHere()),
        tmp_path / "stage",
        tmp_path / "daemon.json",
        tmp_path / "seen",
    )
    was = json.loads(before or "{}")
    after = json.dumps({**was, **RUN})
    stage = HardenStage(
        number=1, steps=("a",), files=(WriteFile(path=str(file), before=before, after=after),), tell="true",
        let_go=LetGo(json.dumps({**was, "live-restore": False}), f"cp {file} {seen}"),
    )  # fmt: skip
    for name in ("old", "new"):
        (folder / name).mkdir(parents=True)
    for name, content in stage_files(stage).items():
        (folder / name).write_text(content)
    if before is not None:
        file.write_text(before)
    subprocess.run(["sh", str(folder / "do.sh")], check=True, timeout=patience(60))
    (folder / "state").write_text("kept\n")
    file.write_text(json.dumps({**was, **RUN, **GUARD}))
    said: list[str] = []
    for _ in range(2):  # the first may be cut off
        for path, number, is_same in await _files_of(shell, str(folder)):
            assert not is_same
            await keep_later_settings(shell, str(folder), number, path, said.append)
    (folder / "force").touch()
    assert await take_back(shell, str(folder)) == "undone"
    assert json.loads(file.read_text()) == {**was, **GUARD}
    assert json.loads(seen.read_text()) == {**was, **GUARD, "live-restore": False}
    assert said[0] == f"{file}: settings added or changed since the run stay: authorization-plugins"
