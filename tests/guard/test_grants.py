"""Files of grants that earlier versions wrote."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from dockworthy.cli.run import run
from dockworthy.guard.rights.grants import Grants


@pytest.mark.parametrize(("projects", "read"), [([], 1), (["shop"], 1), ([""], 0)])
def test_a_grant_without_limits_stays_one(tmp_path: Path, projects: list[str], read: int) -> None:
    binding = {"who": "user:vera", "role": "deployer", "projects": projects, "images": []}
    grant = {"id": "00000001", "binding": binding, "until": "9999-01-01T00:00:00Z", "reason": "r", "by": "root"}
    file = tmp_path / "00000001.json"
    file.write_text(json.dumps(grant))
    file.chmod(0o600)
    found = Grants(tmp_path).now()
    assert len(found) == read
    assert all(each.binding.projects == tuple(projects) for each in found)


@pytest.mark.skipif(os.geteuid() != 0, reason="grants are root's to see")
def test_grants_are_listed_for_programs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DOCKWORTHY_STATE", str(tmp_path))
    binding = {"who": "user:vera", "role": "deployer", "projects": ["shop"]}
    grant = {"id": "00000001", "binding": binding, "until": "9999-01-01T00:00:00Z", "reason": "r", "by": "root"}
    file = tmp_path / "guard/grants/00000001.json"
    file.parent.mkdir(parents=True)
    file.write_text(json.dumps(grant))
    file.chmod(0o600)
    assert run(["guard", "grants", "--format", "json"]) == 0
    [listed] = json.loads(capsys.readouterr().out)["grants"]
    assert (listed["id"], listed["binding"]["who"]) == ("00000001", "user:vera")
    assert listed["until"] == "9999-01-01T00:00:00Z"
