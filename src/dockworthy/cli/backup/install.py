"""`dockworthy backup install` and `uninstall`: backups, and drills of restores, that run by themselves."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ...errors import UsageError
from .. import options
from ..agreeing import agreed
from ..deploying import asked_for
from ..exit_status import ExitStatus
from ..output import say
from ..project import load_project
from ..timed import must_be_root, own_command
from .scope import scope_of

if TYPE_CHECKING:
    from ...host_timer import HostTimer

_PASSED = ("DOCKWORTHY_STATE", "DOCKER_HOST")
_BY_HAND = "sudo dockworthy backup install; or run `dockworthy backup --yes` with the scheduler that you have"


@click.command(short_help="Lets a timer save the data, and drill a restore.")
@options.yes
@options.only_says
@options.policy
@options.host
@options.sudo
def install(yes: bool, dry_run: bool, policy: str | None, hosts: tuple[str, ...], sudo: bool) -> int:
    """Has this folder's project saved as `backup.when` or `backup.every` says, a restore drilled as
    `backup.proof.every` says, and the received log of PostgreSQL with `point_in_time` saved every five minutes: by
    systemd timers of this machine, or cron, as root, with the dockworthy that is called now. With --host it is this
    machine that saves the other one's data.

    `dockworthy backup status` tells when a run was missed, and `dockworthy drill` when a drill failed or is due.
    """
    must_be_root(_BY_HAND)
    timers = _timers(policy, hosts, sudo=sudo, logs=_logs_wanted(policy))
    files = {
        path: text for timer, command in timers for path, text in timer.files(command, _environment(hosts)).items()
    }
    if all(timer.has(timer.files(command, _environment(hosts))) for timer, command in timers):
        say("all of it is installed already: nothing to do")
        return ExitStatus.DONE
    lines = [
        line for path, text in files.items() for line in (f"{path}:", *(f"  {each}" for each in text.splitlines()))
    ]
    if not agreed("Data is saved, and a restore drilled, by itself", lines, dry_run=dry_run, yes=yes):
        return ExitStatus.DONE if dry_run else ExitStatus.NOT_WORTHY
    for timer, command in timers:
        timer.install(timer.files(command, _environment(hosts)))
    say("done; the first backup need not wait: dockworthy backup")
    return ExitStatus.DONE


@click.command(short_help="Removes those timers again.")
@options.yes
@options.only_says
@options.policy
@options.host
@options.sudo
def uninstall(yes: bool, dry_run: bool, policy: str | None, hosts: tuple[str, ...], sudo: bool) -> int:
    """Nothing is saved by itself any more. What was saved stays, and logs that are received (`point_in_time`) go on
    being received: take that away and run `dockworthy backup` once, to end it."""
    must_be_root(_BY_HAND)
    timers = _timers(policy, hosts, sudo=sudo, logs=True, whenever=True)
    there = [timer for timer, _ in timers if timer.installed()]
    if not there:
        say("nothing saves this project by itself here: nothing to do")
        return ExitStatus.DONE
    lines = (f"removes {path}" for timer in there for path in timer.installed())
    if not agreed("Nothing is saved by itself any more", lines, dry_run=dry_run, yes=yes):
        return ExitStatus.DONE if dry_run else ExitStatus.NOT_WORTHY
    for timer in there:
        timer.uninstall()
    return ExitStatus.DONE


def runs_by_itself(policy: str | None, hosts: tuple[str, ...], *, sudo: bool) -> bool:
    """Has `install` set up a timer of this machine that saves the project? Raises UsageError as `install` does."""
    (backup, _), *_ = _timers(policy, hosts, sudo=sudo, logs=False)
    return bool(backup.installed())


def logs_run_by_themselves(policy: str | None, hosts: tuple[str, ...], *, sudo: bool) -> bool:
    """The same of what saves received logs between backups."""
    *_, (log, _) = _timers(policy, hosts, sudo=sudo, logs=True)
    return bool(log.installed())


def _logs_wanted(policy: str | None) -> bool:
    return any(each.postgresql and each.postgresql.point_in_time for each in load_project(policy).backup.data.values())


def _timers(
    policy: str | None, hosts: tuple[str, ...], *, sudo: bool, logs: bool, whenever: bool = False
) -> list[tuple[HostTimer, tuple[str, ...]]]:
    """The backup's, the drill's, and where `logs` says so that of received logs, each with its command;
    `whenever`: dockworthy.yaml need not say any more when and where to. Raises UsageError where it is missing, or does
    not say it."""
    from msgspec import structs

    from ...backup.runs import must_name_repository
    from ...backup.schedule import backup_job, drill_job, log_job
    from ...host_timer import HostTimer
    from ...readers.project_file import find_project_file

    file = Path(policy) if policy is not None else find_project_file(Path())
    if file is None:
        raise UsageError(
            "there is no dockworthy.yaml here, and it says what is saved when", hint="write `backup:` in one"
        )
    project = load_project(policy)
    settings = project.backup
    if whenever and not settings.when:
        settings = structs.replace(settings, every=settings.every or "1d")
    elif not whenever:
        must_name_repository(settings)
    asked = asked_for(project, policy=policy, hosts=hosts, sudo=sudo)
    scope = scope_of(asked, everything=False)
    where = ("--policy", str(file.resolve()), *(("--host", hosts[0]) if hosts else ()), *(("--sudo",) if sudo else ()))
    which = " ".join(where[1:])
    return [
        (HostTimer(backup_job(settings, scope), which), own_command("backup", "--yes", *where)),
        (HostTimer(drill_job(settings, scope), which), own_command("drill", "restore", *where)),
        *([(HostTimer(log_job(scope), which), own_command("backup", "log", *where))] if logs else []),
    ]


def _environment(hosts: tuple[str, ...]) -> dict[str, str]:
    return {} if hosts else {name: os.environ[name] for name in _PASSED if os.environ.get(name)}
