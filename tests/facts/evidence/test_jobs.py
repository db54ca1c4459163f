"""Timers, cron tables and the scripts that they run, as jobs."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dockworthy.facts.evidence import read_files
from dockworthy.facts.evidence.cron import parse_table
from dockworthy.facts.evidence.systemd import parse_unit
from dockworthy.facts.host.root import Root
from dockworthy.model.evidence import ToolTask
from dockworthy.model.field import Unknown
from dockworthy.model.host import Host
from dockworthy.model.snapshot import EngineFacts

from .host_files import host, jobs, read, stores, timer


def cron(folder: Path, command: str, *, user: str = "root ") -> list[tuple[str, str, str, bool]]:
    tree = host(folder)
    tree.write("/etc/cron.d/job", f"SHELL=/bin/bash\n0 3 * * * {user}{command}\n")
    return [(job.does.value, job.tool, job.target, job.pipe_unguarded) for job in jobs(tree)]


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("restic -r /srv/r backup /srv", ("backup", "restic", "/srv/r", False)),
        ("restic backup --repo=sftp:b@nas:/r /srv", ("backup", "restic", "sftp:b@nas:/r", False)),
        ("RESTIC_REPOSITORY=/srv/r restic backup /srv", ("backup", "restic", "/srv/r", False)),
        ("borg create ssh://b@nas/./r::{now} /srv", ("backup", "borg", "ssh://***@nas/./r", False)),
        ("BORG_REPO=/srv/b borg create ::x /srv", ("backup", "borg", "/srv/b", False)),
        ("borgmatic --verbosity 0", ("backup", "borgmatic", "", False)),
        ("pgbackrest --stanza=main backup", ("backup", "pgBackRest", "", False)),
        ("duplicity /srv file:///mnt/d", ("backup", "duplicity", "file:///mnt/d", False)),
        ("pg_dump shop | gzip > /b/shop.gz", ("dump", "pg_dump", "/b", True)),
        ("set -o pipefail; pg_dump shop | gzip > /b/shop.gz", ("dump", "pg_dump", "/b", False)),
        ("bash -o pipefail -c 'pg_dump shop | gzip > /b/shop.gz'", ("dump", "pg_dump", "/b", False)),
        ("pg_dump -Fc -f /b/shop-$(date +\\%F).dump shop", ("dump", "pg_dump", "/b", False)),
        ("mysqldump --all-databases > /b/all.sql", ("dump", "mysqldump", "/b", False)),
        ("docker exec db mariadb-dump shop | zstd > /b/x.zst", ("dump", "mariadb-dump", "/b", True)),
        ("docker exec db sh -c 'pg_dump shop | gzip > /inside/x.gz'", ("dump", "pg_dump", "", True)),
        ("docker exec db pg_dump -f /inside/x.sql shop", ("dump", "pg_dump", "", False)),
        ("cd /srv && docker compose pull -q", ("update", "docker compose pull", "", False)),
        ("docker-compose -f /srv/c.yaml up -d", ("deploy", "docker compose up", "", False)),
        ("docker stack deploy -c /srv/c.yaml shop", ("deploy", "docker stack deploy", "", False)),
        ("ansible-pull -U https://git.example.com/h", ("setup", "Ansible", "", False)),
        ("restic -r /srv/r restore latest --target /tmp/x", ("restore", "restic", "/srv/r", False)),
    ],
)
def test_what_a_line_of_cron_does(command: str, expected: tuple[str, str, str, bool], tmp_path: Path) -> None:
    assert cron(tmp_path, command) == [expected]


@pytest.mark.parametrize(
    "command",
    [
        "echo restic backup",
        "apt-get install -y restic",
        "systemctl restart restic",
        "restic -r /srv/r forget --prune",
        "restic -r /srv/r check",
        "borg prune /srv/b",
        "pg_dump --version",
        "which pg_dump | cat",
        "docker compose ps",
        "docker exec db psql -c 'select 1'",
        "sqlite3 /srv/x.db 'select 1'",
        "# restic backup",
        "test -x /opt/backup.sh",
    ],
)
def test_what_only_looks_like_it(command: str, tmp_path: Path) -> None:
    assert cron(tmp_path, command) == []


def test_a_users_table_names_no_user(tmp_path: Path) -> None:
    tree = host(tmp_path)
    tree.write("/var/spool/cron/crontabs/root", "@daily restic -r /srv/r backup /srv\n")
    (job,) = jobs(tree)
    assert (job.schedule, job.source.where, job.source.line) == ("@daily", "/var/spool/cron/crontabs/root", 1)


def test_a_script_is_followed_with_its_file_and_line(tmp_path: Path) -> None:
    tree = host(tmp_path)
    tree.write("/etc/cron.daily/backup", "#!/bin/sh\nexec /opt/backup.sh\n", mode=0o755)
    tree.write("/opt/backup.sh", "#!/usr/bin/env bash\nDIR=/srv/dumps\n\npg_dump shop \\\n  | gzip > $DIR/shop.gz\n")
    (job,) = jobs(tree)
    assert (job.by, job.schedule, str(job.source)) == ("cron", "@daily", "/opt/backup.sh:4")
    assert (job.target, job.pipe_unguarded) == ("/srv/dumps", True)


@pytest.mark.parametrize("line", ["set -o pipefail", "set -euo pipefail", "shopt -s x; set -eo pipefail"])
def test_a_script_that_sees_its_pipes_fail(line: str, tmp_path: Path) -> None:
    tree = host(tmp_path)
    tree.write("/etc/cron.daily/backup", f"#!/bin/bash\n{line}\npg_dump shop | gzip > /b/x\n", mode=0o755)
    assert [job.pipe_unguarded for job in jobs(tree)] == [False]


def test_pipefail_that_comes_too_late_guards_nothing(tmp_path: Path) -> None:
    tree = host(tmp_path)
    tree.write("/etc/cron.daily/backup", "#!/bin/bash\npg_dump shop | gzip > /b/x\nset -o pipefail\n", mode=0o755)
    assert [job.pipe_unguarded for job in jobs(tree)] == [True]


def test_a_script_that_looks_at_each_status_is_guarded(tmp_path: Path) -> None:
    tree = host(tmp_path)
    text = "#!/bin/bash\npg_dump shop | gzip > /b/x\n[ ${PIPESTATUS[0]} = 0 ] || exit 1\n"
    tree.write("/etc/cron.daily/backup", text, mode=0o755)
    assert [job.pipe_unguarded for job in jobs(tree)] == [False]


def test_a_timer_with_all_it_takes(tmp_path: Path) -> None:
    tree = host(tmp_path)
    timer(tree, "backup", "EnvironmentFile=-/etc/restic.env\nExecStart=/usr/bin/restic backup /srv\n", schedule="02:00")
    tree.write("/etc/restic.env", "export RESTIC_REPOSITORY='/srv/r'\nRESTIC_PASSWORD=correct-horse\n")
    tree.write("/var/lib/systemd/timers/stamp-backup.timer")
    (job,) = jobs(tree)
    assert (job.does, job.by, job.schedule, job.target) == (ToolTask.BACKUP, "backup.timer", "02:00", "/srv/r")
    assert job.enabled and job.last_run.endswith("Z")
    assert str(job.source) == "/etc/systemd/system/backup.service:4"


def test_a_timer_that_is_not_switched_on_is_said_to_be_so(tmp_path: Path) -> None:
    tree = host(tmp_path)
    timer(tree, "backup", "ExecStart=/usr/bin/restic -r /srv/r backup /srv\n", enabled=False)
    assert [job.enabled for job in jobs(tree)] == [False]


def test_what_a_package_offers_and_nobody_switched_on_is_nothing(tmp_path: Path) -> None:
    tree = host(tmp_path)
    folder = "/usr/lib/systemd/system"
    tree.write(f"{folder}/dump.timer", "[Timer]\nOnCalendar=daily\n")
    tree.write(f"{folder}/dump.service", "[Service]\nExecStart=/usr/bin/pg_dumpall -f /b/x\n")
    assert jobs(tree) == []
    tree.link("/etc/systemd/system/timers.target.wants/dump.timer", f"{folder}/dump.timer")
    assert [job.tool for job in jobs(tree)] == ["pg_dumpall"]


def test_an_instance_of_a_template(tmp_path: Path) -> None:
    tree = host(tmp_path)
    tree.write("/etc/systemd/system/dump@.timer", "[Timer]\nOnCalendar=hourly\n")
    tree.write("/etc/systemd/system/dump@.service", "[Service]\nExecStart=pg_dump -f /b/%i/x.sql %i\n")
    tree.link("/etc/systemd/system/timers.target.wants/dump@shop.timer", "../dump@.timer")
    assert [(job.by, job.target) for job in jobs(tree)] == [("dump@shop.timer", "/b/shop")]


def test_a_drop_in_replaces_the_command(tmp_path: Path) -> None:
    tree = host(tmp_path)
    timer(tree, "backup", "ExecStart=/usr/bin/restic -r /old backup /srv\n")
    tree.write(
        "/etc/systemd/system/backup.service.d/x.conf", "[Service]\nExecStart=\nExecStart=restic -r /new backup /srv\n"
    )
    assert [job.target for job in jobs(tree)] == ["/new"]


def test_a_masked_timer_runs_nothing(tmp_path: Path) -> None:
    tree = host(tmp_path)
    tree.link("/etc/systemd/system/backup.timer", "/dev/null")
    tree.link("/etc/systemd/system/timers.target.wants/backup.timer", "../backup.timer")
    assert jobs(tree) == []


def test_no_secret_enters(tmp_path: Path) -> None:
    """Of an environment, a script and an address nothing is kept that opens anything."""
    tree = host(tmp_path)
    tree.write(
        "/etc/restic.env", "RESTIC_PASSWORD=Secret-1\nRESTIC_REPOSITORY=rest:https://u:Secret-2@b.example.com/r\n"
    )
    timer(
        tree,
        "a",
        "Environment=AWS_SECRET_ACCESS_KEY=Secret-3\nEnvironmentFile=/etc/restic.env\nExecStart=restic backup /\n",
    )
    tree.write("/etc/cron.daily/b", "#!/bin/sh\nexport PGPASSWORD=Secret-4\nmysqldump -pSecret-5 a | gzip > /b/x.gz\n")
    tree.write("/etc/cron.d/c", "0 1 * * * root restic -r s3:https://k:Secret-6@s3.example.com/b backup /\n")
    facts = msgspec.json.encode(read(tree)).decode()
    assert len(jobs(tree)) == 3 and len(stores(tree)) == 3
    assert "Secret" not in facts
    assert "rest:https://u:***@b.example.com/r" in facts


def test_scripts_that_call_each_other_end(tmp_path: Path) -> None:
    tree = host(tmp_path)
    tree.write("/etc/cron.d/x", "0 1 * * * root /opt/a.sh\n")
    tree.write("/opt/a.sh", "#!/bin/sh\n/opt/a.sh\n/opt/a.sh\nrestic -r /srv/r backup /\n")
    assert {job.target for job in jobs(tree)} == {"/srv/r"}


class ClosedSpool(Root):
    """As somebody who is not root sees it."""

    def names(self, path: str) -> list[str]:
        if path.startswith("/var/spool/cron"):
            raise PermissionError(13, "Permission denied", path)
        return super().names(path)


def test_tables_that_may_not_be_read_are_a_gap_and_not_nothing(tmp_path: Path) -> None:
    tree = host(tmp_path)
    field = read_files(ClosedSpool(tree.folder), host=Host(), engine=EngineFacts()).jobs
    assert isinstance(field, Unknown) and "permission denied" in field.reason


@given(st.text(max_size=200))
def test_no_table_and_no_unit_trips_the_reader(text: str) -> None:
    for line in parse_table(text, "/x", with_user=True):
        assert line.start.line_of_command
    parse_unit(text)


@given(st.lists(st.tuples(st.sampled_from(["A", "B", "ExecStart"]), st.text("abc =%$\"'", max_size=9)), max_size=5))
def test_a_units_settings_come_back(settings: list[tuple[str, str]]) -> None:
    text = "[Service]\n" + "".join(f"{name}={value}\n" for name, value in settings)
    assert [(s.section, s.name, s.value) for s in parse_unit(text)] == [("Service", n, v.strip()) for n, v in settings]
