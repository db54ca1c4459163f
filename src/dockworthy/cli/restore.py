"""`dockworthy restore`: bring data back, in place; or a whole project up beside itself (restore_as.py), or on another
host (restore_on.py)."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from ..errors import UsageError
from . import options
from .deploying import asked_for, naming_hosts
from .exit_status import ExitStatus
from .output import deliver, say
from .project import load_project
from .show import paper

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..deploy.options import DeployOptions
    from ..model.backup import RestoreDone, RestorePlan


@click.command(short_help="Brings data back from a backup, compared with what was saved.")
@click.argument("data", metavar="[DATA]...", nargs=-1)
@click.option(
    "--at",
    metavar="TIME|BACKUP",
    default="",
    help="The newest backup that was taken by then (`2026-12-01T03:00`, UTC), or the one of that id; PostgreSQL with "
    "`point_in_time` as it was in that very second, or `latest`: all that was received.",
)
@click.option("--from", "place", metavar="REPOSITORY", default="", help="This repository, in place of `backup.to`.")
@click.option(
    "--on",
    metavar="HOST",
    help="Bring the whole project up on this host (ssh://root@HOST), which has nothing of it, from the backup alone.",
)
@click.option(
    "--as",
    "copy_name",
    metavar="NAME",
    help="Bring a copy of the whole project up under this name, beside what runs: it reaches nobody, and stays until "
    "you remove it.",
)
@click.option("--project", "name", metavar="NAME", default="", help="With --on: the project, where no files are here.")
@click.option(
    "--key",
    metavar="FILE",
    type=click.Path(dir_okay=False),
    help="With --on: the file on this machine with the repository's key (on the page of `backup kit`).",
)
@click.option(
    "--accept",
    metavar="WHAT",
    multiple=True,
    type=click.Choice(["target", "loss"]),
    help="With --on: `target`: what that host has of the project is replaced; `loss`: what can't be brought back is "
    "given up (repeatable).",
)
@options.shows_plan
@options.yes
@options.environment
@options.policy
@options.host
@options.sudo
@options.format_of("table", "json")
@options.output
def restore(
    data: tuple[str, ...],
    at: str,
    place: str,
    on: str | None,
    copy_name: str | None,
    name: str,
    key: str | None,
    accept: tuple[str, ...],
    dry_run: bool,
    yes: bool,
    environment: str | None,
    policy: str | None,
    hosts: tuple[str, ...],
    sudo: bool,
    format_: str,
    output: str | None,
) -> int:
    """Brings data of this folder's project back to what a backup holds: all of it, or the data sets that are named.

    It is loaded beside what is there, and compared with what the backup says that it must hold: tables, rows, sums,
    files. Only then its containers stop, it takes the place of what is there, and they start again. Where it does not
    match, or a container does not become healthy with it, what was there is there again.

    With --as, nothing is replaced: a copy of the project comes up beside it, from the same images, with the data of the
    backup in volumes of its own and networks that lead nowhere. There you can look at what was, and take it out:
    `docker compose -p NAME exec db …`.

    Where the host is lost, --on names another one: an engine, restic and the key come to it where it has none; then the
    project's files, images, secrets, configs and data out of the backup; and it starts as it was recorded, with its
    edge. Where that fails, what was made of it there is removed again. Nothing is needed of the old host, and here
    nothing but the key: `--from REPOSITORY --project NAME --key FILE` do without dockworthy.yaml.

    \b
    Examples:
      dockworthy restore --dry-run    what the newest backup would replace
      dockworthy restore              all data of this project
      dockworthy restore db --at 2026-12-01T03:00
      dockworthy restore db --at 2026-12-02T10:15:03    with `point_in_time`
      dockworthy restore --as shop-before --at 2026-12-01T03:00
      dockworthy restore --on ssh://root@new --key shop.key
    """
    from functools import partial

    from ..interruption import run_to_its_end
    from ..report.restore import render_restore_plan, render_restored, restored_json
    from .backup.scope import scope_of

    if on is not None:
        from .restore_on import restore_on

        if said := [*(["--as"] if copy_name is not None else []), *(["--host"] if hosts else []), *data]:
            raise UsageError(f"--on brings the whole project up there: {said[0]} can't be said with it")
        return restore_on(
            on, name=name, at=at, place=place, key=key, accept=accept, dry_run=dry_run, yes=yes,
            environment=environment, policy=policy, sudo=sudo, format_=format_, output=output,
        )  # fmt: skip
    if said := [option for option, value in (("--project", name), ("--key", key), ("--accept", accept)) if value]:
        raise UsageError(f"{said[0]} belongs to --on", hint="dockworthy restore --on ssh://root@HOST …")
    if copy_name is not None:
        from .restore_as import restore_as

        if data:
            raise UsageError(f"--as brings the whole project up: {data[0]} can't be said with it")
        return restore_as(
            copy_name, at=at, place=place, dry_run=dry_run, yes=yes, environment=environment, policy=policy,
            hosts=hosts, sudo=sudo, format_=format_, output=output,
        )  # fmt: skip
    project = load_project(policy)
    asked = asked_for(project, policy=policy, hosts=hosts, environment=environment, sudo=sudo)
    scope = scope_of(asked, everything=False)
    with naming_hosts(hosts, project):
        agree = partial(_shown_and_asked, yes=yes, dry_run=dry_run)
        done = run_to_its_end(_restore(asked, scope, data, at=at, place=place, agree=agree))
    width, colour = paper(output)
    if format_ == "json":
        deliver(restored_json(done), output)
    elif done.restored:
        deliver(render_restored(done, width=width, colour=colour), output)
    elif dry_run:
        deliver(render_restore_plan(done.plan, width=width, colour=colour), output)
    return ExitStatus.DONE if done.restored or dry_run else ExitStatus.NOT_WORTHY


async def _restore(
    asked: DeployOptions,
    scope: str,
    data: tuple[str, ...],
    *,
    at: str,
    place: str,
    agree: Callable[[RestorePlan], bool],
) -> RestoreDone:
    from functools import partial

    from ..backup.restoring import restore_here
    from .backup.scope import proven_at

    return await restore_here(
        asked.endpoint,
        scope,
        asked.project.backup,
        data,
        at=at,
        place=place,
        sudo=asked.sudo,
        proven_of=partial(proven_at, scope=scope),
        agree=agree,
        say=say,
    )


def _shown_and_asked(plan: RestorePlan, *, yes: bool, dry_run: bool) -> bool:
    if dry_run:
        return False
    from ..report.restore import render_restore_plan

    for line in render_restore_plan(plan, width=80, colour=False).splitlines():
        say(line)
    return yes or not sys.stdin.isatty() or click.confirm("Replace it?", err=True)
