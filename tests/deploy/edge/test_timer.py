"""Renewal by itself: what is written for systemd and cron, whole or not at all, and taken away again."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from dockworthy.deploy.edge.timer import renewal_timer
from dockworthy.errors import DockworthyError, UsageError
from dockworthy.facts.evidence.commands import read_commands
from dockworthy.facts.host.root import Root

COMMAND = ("/opt/dock worthy/python", "-m", "dockworthy", "edge", "renew", "--host", "ssh://root@100%")
SET = {"DOCKWORTHY_STATE": "/srv/state of $it"}


@pytest.mark.parametrize("by_systemd", [True, False])
def test_it_is_written_found_by_an_assessment_and_taken_away(tmp_path: Path, by_systemd: bool) -> None:
    etc = tmp_path / "etc"
    (etc / "cron.d").mkdir(parents=True)
    timer = renewal_timer(etc=etc, by_systemd=by_systemd)
    files = timer.files(COMMAND, SET)
    assert not timer.has(files) and timer.installed() == ()
    timer.install(files)
    assert timer.has(files) and set(timer.installed()) == set(files)
    assert {path.stat().st_mode & 0o777 for path in files} == {0o644}
    if not by_systemd:
        (command,) = read_commands(Root(str(tmp_path))).found
        assert command.words == COMMAND and command.by == "cron"
    timer.uninstall()
    assert not [path for path in etc.rglob("*") if path.is_file()]


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed")
def test_systemd_takes_the_units(tmp_path: Path) -> None:
    program = tmp_path / "dock worthy"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    timer = renewal_timer(etc=tmp_path, by_systemd=True)
    timer.install(timer.files((str(program), "edge", "renew"), SET))
    units = [str(path) for path in timer.installed()]
    done = subprocess.run(["systemd-analyze", "verify", "--man=no", *units], capture_output=True, text=True)
    said = [line for line in (done.stdout + done.stderr).splitlines() if "dockworthy" in line]
    assert said == []


def test_hosts_have_timers_of_their_own(tmp_path: Path) -> None:
    named = [
        set(renewal_timer(which, etc=tmp_path, by_systemd=True).files(COMMAND, {}))
        for which in ("", "ssh://a", "ssh://b")
    ]
    assert len(set.union(*named)) == 6


def test_where_nothing_starts_it_that_is_said_and_nothing_is_left(tmp_path: Path) -> None:
    timer = renewal_timer(etc=tmp_path, by_systemd=False)
    with pytest.raises(UsageError, match=r"neither systemd nor .*cron\.d"):
        timer.install(timer.files(COMMAND, {}))
    assert list(tmp_path.iterdir()) == []
    blocked = renewal_timer(etc=tmp_path, by_systemd=True)
    files = blocked.files(COMMAND, {})
    last = list(files)[-1]
    last.mkdir(parents=True)
    with pytest.raises(DockworthyError, match="can't be written"):
        blocked.install(files)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
