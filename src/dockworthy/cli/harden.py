"""`dockworthy harden`: make the host and its engine fit."""

from __future__ import annotations

import os
from functools import partial
from typing import TYPE_CHECKING

import click

from ..errors import UsageError
from . import options
from .agreeing import shown_and_agreed
from .exit_status import ExitStatus
from .output import deliver, say
from .project import level_of, load_project
from .show import ids_of_today, not_both, paper

if TYPE_CHECKING:
    from ..model.hardening import HardenPlan


@click.command(short_help="Hardens the host and its engine: plan, apply, measure, undo.")
@click.option("--apply", is_flag=True, help="Do it, after the plan was shown.")
@click.option("--dry-run", is_flag=True, help="Show the plan and change nothing.  [default]")
@click.option("--undo", is_flag=True, help="Undo the last run completely.")
@click.option("--forget", is_flag=True, help="Leave what could not be undone as it is, after you have repaired it.")
@click.option("--install", is_flag=True, help="First install Engine, Compose and Buildx, if they are missing.")
@click.option(
    "--remote-access",
    metavar="ADDRESS",
    help="Only: let the engine listen at this address of the host, for clients with a certificate that is made here.",
)
@click.option("--sandbox", is_flag=True, help="Only: install gVisor as a runtime, for code that you do not trust.")
@click.option("--journal", is_flag=True, help="Show what was done here so far: when, by whom, before and after.")
@click.option("--only", metavar="CONTROL", multiple=True, help="Only what this control asks for.")
@click.option("--skip", metavar="CONTROL", multiple=True, help="Leave out what this control asks for.")
@click.option(
    "--for-swarm", is_flag=True, help="Only: turn live-restore off, for an engine that has it refuses swarm mode."
)
@options.yes
@click.option("--force", is_flag=True, help="Also undo, or load, settings that somebody else has changed since.")
@click.option(
    "--confirm-within",
    metavar="SECONDS",
    type=click.IntRange(5, 3600),
    help="After how long the host undoes a stage that nobody confirmed.  [default: 150, more for slow health checks]",
)
@options.level
@options.policy
@options.host
@options.sudo
@options.deadline
@options.format_of("table", "json")
@options.output
def harden(
    apply: bool,
    dry_run: bool,
    undo: bool,
    forget: bool,
    install: bool,
    remote_access: str | None,
    sandbox: bool,
    journal: bool,
    only: tuple[str, ...],
    skip: tuple[str, ...],
    for_swarm: bool,
    yes: bool,
    force: bool,
    confirm_within: int | None,
    level: str | None,
    policy: str | None,
    hosts: tuple[str, ...],
    sudo: bool,
    deadline: float,
    format_: str,
    output: str | None,
) -> int:
    """Harden the host and its engine.

    Shows a plan: each step with the finding that causes it, the exact change, what it disturbs and how it is taken
    back. With --apply each stage is done, measured, and taken back where the machine got worse: the engine does not
    answer, a container that ran does not run or is no longer healthy, a port that was listened on is gone, or the
    finding is still there. The host itself takes a stage back when nobody confirms it in time, so that a lost
    connection leaves it as it was. A journal and the old files stay in /var/lib/dockworthy/harden.

    --install first installs Engine, Compose and Buildx from the distribution's packages (Debian, Ubuntu); another
    engine that is there already is left alone. --install --undo removes them again, but never data.

    --remote-access ADDRESS makes a certificate authority for this one engine (its key stays here, in dockworthy's state
    folder), a certificate for the engine and one for its clients, and lets the engine listen there (port 2376) for
    clients that have one. The same command renews both from 60 days before they expire. No other command opens an
    engine to a network.

    Exit status 1 says that something is to be done, or was not kept; 3 that the engine could not be asked.

    \b
    Examples:
      sudo dockworthy harden                             the plan
      sudo dockworthy harden --apply                     do it
      sudo dockworthy harden --undo                      as it was before
      sudo dockworthy harden --only engine/live-restore --apply
      sudo dockworthy harden --journal                   what was done here so far
      dockworthy harden --host ssh://root@shop --apply   another host
      dockworthy harden --host ssh://root@shop --install --apply
    """
    import asyncio

    from ..harden.install.story import set_up, take_back_installation
    from ..harden.reading import HardenOptions
    from ..harden.remote_access.address import place_of
    from ..harden.remote_access.story import open_to
    from ..harden.sandbox import bring_sandbox
    from ..harden.story import forget as leave_stuck
    from ..harden.story import harden as make_fit
    from ..harden.story import journal_of
    from ..harden.story import undo as take_back
    from ..report.hardening import all_done, hardening_json, render_outcome, render_plan, render_taken_back
    from ..report.hardening_journal import render_journal
    from ..state_directory import state_directory

    not_both("--apply", "--dry-run", apply and dry_run)
    not_both("--apply", "--undo", apply and undo)
    not_both("--journal", "--undo" if undo else "--apply", journal and (apply or undo))
    not_both("--for-swarm", "--only and --skip", for_swarm and bool(only or skip))
    not_both("--for-swarm", "--undo", for_swarm and undo)
    not_both("--install", "--for-swarm" if for_swarm else "--journal", install and (for_swarm or journal))
    others = bool(install or journal or undo or for_swarm or only or skip)
    if forget and (others or apply or remote_access or sandbox):
        raise UsageError("--forget goes alone")
    alone = [option for option, given in (("--remote-access", remote_access), ("--sandbox", sandbox)) if given]
    if len(alone) + (bool(alone) and others) > 1:
        raise UsageError(f"{alone[0]} goes alone, or with --apply")
    not_both("--force", "--journal", force and journal)
    only, skip = ids_of_today(only), ids_of_today(skip)
    project = load_project(policy)
    endpoint = options.endpoint_of(hosts, project)
    options.only_over_ssh([endpoint], sudo=sudo, root="/")
    asked = HardenOptions(
        endpoint=endpoint,
        level=level_of(level, project),
        project=project,
        sudo=sudo,
        deadline=deadline,
        confirm_within=confirm_within,
        force=force,
    )
    width, colour = paper(output)
    if journal or forget:
        told = asyncio.run(journal_of(asked) if journal else leave_stuck(asked, say=say))
        as_json = format_ == "json"
        deliver(hardening_json(told) if as_json else render_journal(told, width=width, colour=colour), output)
        return 0
    if undo:
        taken = asyncio.run((take_back_installation if install else take_back)(asked, force=force, say=say))
        as_json = format_ == "json"
        deliver(hardening_json(taken) if as_json else render_taken_back(taken, width=width, colour=colour), output)
        return 1 if taken.worse else 0
    place = None if remote_access is None else place_of(remote_access)
    agree = partial(_show_and_ask, yes=yes) if apply else None
    if place is not None:
        offices = state_directory(os.environ) / "remote-access"
        done = asyncio.run(open_to(asked, place, offices, agree=agree, say=say))
    elif sandbox:
        done = asyncio.run(bring_sandbox(asked, agree=agree, say=say))
    elif install:
        done = asyncio.run(set_up(asked, agree=agree, only=only, skip=skip, say=say))
    else:
        done = asyncio.run(make_fit(asked, agree=agree, only=only, skip=skip, for_swarm=for_swarm, say=say))
    if format_ == "json":
        deliver(hardening_json(done), output)
    elif done.after is None:
        deliver(render_plan(done.plan, width=width, colour=colour), output)
    else:
        deliver(render_outcome(done, width=width, colour=colour), output)
    if not all_done(done):
        return ExitStatus.NOT_WORTHY
    return ExitStatus.UNDECIDED if done.plan.unseen else ExitStatus.DONE


def _show_and_ask(plan: HardenPlan, *, yes: bool) -> bool:
    """The plan goes to the person before anything is done; on a terminal they are asked."""
    from ..report.hardening import render_plan

    return shown_and_agreed(render_plan(plan, width=80, colour=False), yes=yes)
