"""What a run showed to be needed is offered as an exception with the log line; accepted, nothing asks for it again."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from dockworthy.cli.run import run
from fix_verify.conftest import Fix
from machines.images import BUSYBOX

FILE = f"""\
services:
  app:
    image: {BUSYBOX}
    command: ["sh", "-c", "touch /tmp/mine && busybox chown 12345 /tmp/mine && exec sleep 600"]
    tmpfs: [/tmp]
    read_only: true
    security_opt: [no-new-privileges:true]
    mem_limit: 64M
    cpus: 0.5
    pids_limit: 64
    stop_signal: SIGKILL
    restart: unless-stopped
    init: true
    logging: {{driver: local}}
"""
CONTROL = "workload/capabilities-dropped"


@pytest.mark.engine
@pytest.mark.timeout(300)
def test_exception_that_was_proven_is_offered_and_holds(
    busybox_image: str,
    fix: Fix,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert busybox_image in FILE
    folder = tmp_path / "app"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.setenv("DOCKWORTHY_STATE", str(tmp_path / "state"))
    file = folder / "compose.yaml"
    file.write_text(FILE)
    done = fix("--verify", "--format", "json", str(file))
    assert done.returncode == 0, done.stdout + done.stderr
    (repaired,) = json.loads(done.stdout)["files"]
    assert yaml.safe_load(file.read_text())["services"]["app"]["cap_add"] == ["CHOWN"]
    offered = repaired["verified"]["exceptions"]
    (exception,) = (each for each in offered if each["control"] == CONTROL)
    assert exception["subject"] == "app" and "CHOWN" in exception["reason"]
    assert "chown" in exception["reason"] and "Operation not permitted" in exception["reason"]

    assert CONTROL in still_failing(capsys), "without it the next check asks for the same again"
    accepted = [{**each, "owner": "ops@example.com", "expires": "2027-06-01"} for each in offered]
    (folder / "dockworthy.yaml").write_text(json.dumps({"policy": {"exceptions": accepted}}))
    assert CONTROL not in still_failing(capsys)


def still_failing(capsys: pytest.CaptureFixture[str]) -> set[str]:
    run(["check", "--format", "json", "compose.yaml"])
    findings = json.loads(capsys.readouterr().out)["findings"]
    return {each["control"] for each in findings if each["outcome"] == "fail"}
