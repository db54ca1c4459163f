"""`dockworthy restore`: bring data back, in place; or in a copy of the project, which stays; or a whole project up on
another host (restore_on.py)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ..errors import UsageError
from . import options
from .agreeing import shown_and_agreed
from .deploying import asked_for, naming_hosts
from .exit_status import ExitStatus
from .output import deliver, say
from .project import load_project
from .show import paper

if TYPE_CHECKING:
    from ..deploy.options import DeployOptions
    from ..model.backup import RestoreDone, RestorePlan
    from ..model.lasting_copy import CopyMade, CopyPlan


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
    help="Bring a copy of the whole project up under this name, beside what runs: it has no network to the outside, "
    "and stays until you remove it.",
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
    from ..interruption import run_to_its_end
    from ..report.restore import restore_json
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
    if copy_name is not None and data:
        raise UsageError(f"--as brings the whole project up: {data[0]} can't be said with it")
    project = load_project(policy)
    asked = asked_for(project, policy=policy, hosts=hosts, environment=environment, sudo=sudo)
    scope = scope_of(asked, everything=False)
    done: RestoreDone | CopyMade
    with naming_hosts(hosts, project):
        if copy_name is not None:
            done = run_to_its_end(_copy(asked, scope, copy_name, at=at, place=place, yes=yes, dry_run=dry_run))
        else:
            done = run_to_its_end(_restore(asked, scope, data, at=at, place=place, yes=yes, dry_run=dry_run))
    if format_ == "json":
        deliver(restore_json(done), output)
    elif done.restored or dry_run:
        width, colour = paper(output)
        deliver(_in_words(done, width=width, colour=colour), output)
    return ExitStatus.DONE if done.restored or dry_run else ExitStatus.NOT_WORTHY


async def _restore(
    asked: DeployOptions, scope: str, data: tuple[str, ...], *, at: str, place: str, yes: bool, dry_run: bool
) -> RestoreDone:
    from functools import partial

    from ..backup.restoring import restore_here
    from ..report.restore import render_restore_plan
    from .backup.scope import proven_at

    def agree(plan: RestorePlan) -> bool:
        words = render_restore_plan(plan, width=80, colour=False)
        return not dry_run and shown_and_agreed(words, yes=yes, question="Replace it?")

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


async def _copy(
    asked: DeployOptions, scope: str, name: str, *, at: str, place: str, yes: bool, dry_run: bool
) -> CopyMade:
    from functools import partial

    from ..drills.restore import copy_beside
    from ..report.lasting_copy import render_copy_plan
    from .backup.scope import proven_at

    def agree(plan: CopyPlan) -> bool:
        return not dry_run and shown_and_agreed(render_copy_plan(plan, width=80, colour=False), yes=yes)

    return await copy_beside(
        asked.endpoint,
        scope,
        name,
        asked.project.backup,
        asked.settings,
        folder=asked.folder,
        at=at,
        place=place,
        sudo=asked.sudo,
        proven_of=partial(proven_at, scope=scope),
        agree=agree,
        say=say,
    )


def _in_words(done: RestoreDone | CopyMade, *, width: int, colour: bool) -> str:
    """What was done; of a dry run the plan."""
    from ..model.lasting_copy import CopyMade
    from ..report.lasting_copy import render_copy, render_copy_plan
    from ..report.restore import render_restore_plan, render_restored

    if isinstance(done, CopyMade):
        if done.restored:
            return render_copy(done, width=width, colour=colour)
        return render_copy_plan(done.plan, width=width, colour=colour)
    if done.restored:
        return render_restored(done, width=width, colour=colour)
    return render_restore_plan(done.plan, width=width, colour=colour)
