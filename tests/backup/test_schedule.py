"""When backups and drills run by themselves."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from dockworthy.backup.schedule import LOG_EVERY, backup_job, cron_of, drill_job, log_job
from dockworthy.errors import UsageError
from dockworthy.host_timer import HostTimer
from dockworthy.model.backup_settings import BackupSettings, ProofSettings

HOUR, DAY = 3600, 86400


@pytest.mark.parametrize(
    ("seconds", "cron"),
    [
        (600, "*/10 * * * *"),
        (660, ""),
        (HOUR, "{minute} */1 * * *"),
        (6 * HOUR, "{minute} */6 * * *"),
        (5 * HOUR, ""),
        (DAY, "{minute} 3 * * *"),
        (7 * DAY, "{minute} 3 * * 0"),
        (2 * DAY, ""),
    ],
)
def test_cron_tells_what_it_can_and_nothing_else(seconds: int, cron: str) -> None:
    assert cron_of(seconds, hour=3) == cron


def test_a_backup_runs_at_its_time_or_so_often() -> None:
    nightly = backup_job(BackupSettings(when="03:07"), "shop")
    assert nightly.cron == "7 3 * * *" and nightly.timer[0] == "OnCalendar=*-*-* 03:07"
    often = backup_job(BackupSettings(every="90m"), "shop")
    assert often.cron == "" and "OnUnitActiveSec=5400s" in often.timer
    with pytest.raises(UsageError, match="does not say when"):
        backup_job(BackupSettings(), "shop")


def test_a_drill_runs_as_its_proof_is_to_be_renewed() -> None:
    assert drill_job(BackupSettings(), "shop").timer[0] == "OnCalendar=weekly"
    daily = drill_job(BackupSettings(proof=ProofSettings(every="1d")), "shop")
    assert daily.timer[0] == "OnCalendar=daily" and daily.cron == "{minute} 5 * * *"


def test_a_log_is_saved_as_often_as_is_said() -> None:
    """systemd would else put it off by a minute."""
    job = log_job("shop")
    assert job.cron == f"*/{LOG_EVERY // 60} * * * *"
    assert job.timer == ("OnBootSec=1min", f"OnUnitActiveSec={LOG_EVERY}s", "AccuracySec=1s")


def test_settings_of_a_job_reach_it_as_they_are(tmp_path: Path) -> None:
    job = backup_job(BackupSettings(when="03:00"), "shop")
    given = {"DOCKWORTHY_STATE": "/srv/$HOME 100%"}
    service, _ = HostTimer(job, etc=tmp_path, by_systemd=True).files(["/bin/x", "$a%"], given).values()
    assert '\nEnvironment="DOCKWORTHY_STATE=/srv/$HOME 100%%"\n' in service, "systemd expands no variable there"
    assert "\nExecStart=/bin/x $$a%%\n" in service
    (entry,) = HostTimer(job, etc=tmp_path, by_systemd=False).files(["/bin/x", "a%"], given).values()
    command = entry.splitlines()[-1].partition(" root ")[2]
    assert "%" not in command.replace("\\%", ""), "cron ends a line at a bare percent sign"
    assert shlex.split(command.replace("\\%", "%"))[:3] == ["DOCKWORTHY_STATE=/srv/$HOME 100%", "/bin/x", "a%"]
