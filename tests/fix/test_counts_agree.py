"""`check` offers as many fixes as `fix` makes, and one command for all of them."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import pytest

from dockworthy.cli.run import run

MESSY = """\
services:
  web: {image: "shop:1", privileged: true}
  ci: {image: "shop:1", privileged: true, volumes: ["/var/run/docker.sock:/var/run/docker.sock"]}
  odd: {image: "shop:1", security_opt: ["apparmor=unconfined"]}
  db: {image: "postgres:17", environment: {POSTGRES_PASSWORD: "Tr0ub4dor-3"}}
"""


@pytest.mark.parametrize("files", [1, 5])
def test_check_offers_what_fix_counts(
    files: int, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for number in range(files):
        folder = tmp_path / f"p{number}"
        folder.mkdir()
        (folder / "compose.yaml").write_text(MESSY)
    assert run(["check", "--render", "own", "."]) == 1
    told = " ".join(capsys.readouterr().out.split())
    offered = re.search(
        r"(\d+) fixes can be made in the files .* see what would change with: (dockworthy fix .*?) --diff", told
    )
    assert offered is not None
    run([*shlex.split(offered[2])[1:], "--all", "--dry-run", "--format", "json"])
    plan = json.loads(capsys.readouterr().out)
    assert len(plan["files"]) == files
    fixes = [fix for file in plan["files"] for part in ("made", "not_made", "offered") for fix in file[part]]
    assert len(fixes) == int(offered[1])


@pytest.mark.parametrize("safe", [True, False])
def test_what_check_names_shows_a_change(
    safe: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where no fix is safe, `--diff` alone would show nothing."""
    monkeypatch.chdir(tmp_path)
    more = ', volumes: ["/etc/localtime:/etc/localtime"]' if safe else ""
    Path("compose.yaml").write_text(f'services: {{web: {{image: "shop:1", restart: "no"{more}}}}}\n')
    run(["check", "--render", "own", "compose.yaml"])
    told = capsys.readouterr().out
    command = re.search(r"see what\s+would\s+change\s+with:\s+dockworthy (fix .*)", told)
    assert command is not None
    assert ("0 safe" in " ".join(told.split())) == (not safe)
    run(shlex.split(command[1]))
    assert "+++ compose.yaml" in capsys.readouterr().out
    run(["check", "--render", "own", "--format", "markdown", "compose.yaml"])
    told = capsys.readouterr().out
    assert ("dockworthy fix compose.yaml --all --diff\n" in told) == (not safe), told
    assert ("dockworthy fix compose.yaml\n" in told) == safe, told
