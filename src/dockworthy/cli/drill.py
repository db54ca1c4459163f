"""`dockworthy drill`: what is said to hold is tried, on a real system."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..errors import UsageError
from . import options
from .exit_status import ExitStatus
from .output import deliver, say
from .project import load_project
from .show import not_both, paper

if TYPE_CHECKING:
    from ..drills.guard import Report, TrialObjects
    from ..drills.guard.outcome import TrialResult
    from ..model.drill_claims import KnownProofs


@click.group(invoke_without_command=True, short_help="Lists what is proven, and proves it again on a real system.")
@options.policy
@options.host
@options.sudo
@click.option(
    "--state",
    metavar="DIR",
    type=click.Path(exists=True, file_okay=False),
    help="Read the proofs in a state folder of this machine, and ask no host.",
)
@options.format_of("table", "json")
@options.output
@click.pass_context
def drill(
    ctx: click.Context,
    policy: str | None,
    hosts: tuple[str, ...],
    sudo: bool,
    state: str | None,
    format_: str,
    output: str | None,
) -> int:
    """Each claim that can be tried, with its last proof: did it hold, what was measured, when is it due again, and by
    which command. What releases proved of deploys and rollbacks stands beside it.

    A drill does what an attacker or an accident would do, and removes all that it made. Exit status 1: a newest proof
    failed, or is too old to count. Exit status 3: a proof can't be read.

    \b
    Examples:
      dockworthy drill                          what is proven on this host
      dockworthy drill --host ssh://root@shop   on another one
      dockworthy drill guard --docker unix:///run/scratch/docker.sock
    """
    if ctx.invoked_subcommand is not None:
        options.must_stand_behind(ctx)
        return 0
    from ..report.drills import proofs_as_json, render_proofs
    from ..report.json_text import json_text

    known = _known(policy, hosts, sudo, state)
    width, colour = paper(output)
    as_json = format_ == "json"
    deliver(json_text(proofs_as_json(known)) if as_json else render_proofs(known, width=width, colour=colour), output)
    if as_json:
        for says in known.damaged:
            say(says)
    return _status_of(known)


def _known(policy: str | None, hosts: tuple[str, ...], sudo: bool, state: str | None) -> KnownProofs:
    import asyncio

    from ..drills.known_proofs import known_in, known_of

    if state is not None:
        not_both("--state", "--host", bool(hosts))
        return known_in(Path(state))
    endpoint = options.endpoint_of(hosts, load_project(policy))
    options.only_over_ssh([endpoint], sudo=sudo, root="/")

    return asyncio.run(known_of(endpoint, sudo=sudo))


def _status_of(known: KnownProofs) -> ExitStatus:
    from ..model.standing_proofs import ProofState

    if any(each.state is not ProofState.STANDS for each in known.standing):
        return ExitStatus.NOT_WORTHY
    return ExitStatus.UNDECIDED if known.damaged else ExitStatus.DONE


@drill.command(short_help="Restores the newest backup into a copy of the project, which must work.")
@click.option(
    "--at", metavar="TIME|BACKUP", default="", help="The newest backup that was taken by then, or the one of that id."
)
@click.option("--from", "place", metavar="REPOSITORY", default="", help="This repository, in place of `backup.to`.")
@options.environment
@options.policy
@options.host
@options.sudo
@options.format_of("table", "json")
@options.output
def restore(
    at: str,
    place: str,
    environment: str | None,
    policy: str | None,
    hosts: tuple[str, ...],
    sudo: bool,
    format_: str,
    output: str | None,
) -> int:
    """Can this project be brought back from its backup, and does it work then?

    A copy of the project starts from the images that run now, in networks that lead nowhere, with fresh volumes into
    which the newest backup is restored. The data is compared with what the backup says that it must hold; each service
    must come up; routes and the questions of `backup.proof.asks` must be answered. Then the drill makes faults itself
    (a row or a file fewer, an empty volume or database, another key, a pack cut short) and must see each: else it
    proves nothing. It prints how long that took (rto) and how old the data was (rpo), writes the proof, and removes all
    that it made.

    Exit status 1: the restore does not hold. Exit status 2: what is asked, or was saved, has no place in the project.
    """
    from ..drills.restore import drill_restore
    from ..interruption import run_to_its_end
    from ..report.drills import drill_as_json, render_drill
    from ..report.json_text import json_text
    from .backup.scope import scope_of
    from .deploying import asked_for, naming_hosts

    project = load_project(policy)
    asked = asked_for(project, policy=policy, hosts=hosts, environment=environment, sudo=sudo)
    scope = scope_of(asked, everything=False)
    with naming_hosts(hosts, project):
        done = run_to_its_end(
            drill_restore(
                asked.endpoint,
                scope,
                project.backup,
                asked.settings,
                folder=asked.folder,
                at=at,
                place=place,
                sudo=sudo,
                say=say,
            )
        )
    width, colour = paper(output)
    if format_ == "json":
        text = json_text(drill_as_json(done.proofs))
    else:
        text = render_drill(done.proofs, done.notes, width=width, colour=colour)
    deliver(text, output)
    return ExitStatus.DONE if done.passed else ExitStatus.NOT_WORTHY


@drill.command(short_help="Sends attacks and good calls to a guarded engine.")
@click.option("--docker", "endpoint", metavar="URL", required=True, help="The engine's socket: unix:///PATH.")
@click.option("--image", metavar="NAME", default="busybox:latest", show_default=True, help="An image that has `sleep`.")
@click.option(
    "--folder", metavar="PATH", default="", help="A folder that the guard's policy lists, to try mounts of it."
)
@click.option("--read-folder", metavar="PATH", default="", help="A folder that the policy lists with :ro.")
@click.option(
    "--open-folder", metavar="PATH", default="", help="A folder that the policy lists and that everybody can enter."
)
@click.option(
    "--before", is_flag=True, help="Before the guard is installed: make containers that nobody may use later."
)
@click.option("--yes", is_flag=True, help="Use an engine that has containers of others, too.")
@click.option("--all", "all_shown", is_flag=True, help="Show each trial, not only what went wrong.")
def guard(
    endpoint: str, image: str, folder: str, read_folder: str, open_folder: str, before: bool, yes: bool, all_shown: bool
) -> int:
    """Are all attacks stopped, and do all good calls pass?

    Use a scratch engine with the version and the settings of yours: an attack that is not stopped really happens. The
    drill refuses an engine that has no authorization plugin, or containers of others; what it makes is called
    dockworthy-drill-… and is removed at its end. With --folder and --read-folder it also tries what the policy's binds
    allow, and what they must not.
    """
    from ..drills.guard import TrialObjects, run

    scratch = TrialObjects(_socket_of(endpoint), image, folder=folder, readable=read_folder, entered=open_folder)
    scratch.look()
    others = scratch.others()
    if others and not yes:
        hint = "name a scratch engine, or say --yes"
        raise UsageError(f"the engine at {endpoint} has containers of others ({', '.join(others[:3])})", hint=hint)
    if before:
        return _make_before(scratch)
    if not scratch.is_guarded:
        raise UsageError(
            f"the engine at {endpoint} has no authorization plugin, so that attacks would be done",
            hint="start dockworthy guard serve, and dockerd with --authorization-plugin dockworthy",
        )
    try:
        report = run(scratch, told=lambda result: _tell(result) if all_shown or result.bad else None)
    finally:
        scratch.remove_all()
    version = str(scratch.info.get("ServerVersion", ""))
    if not report.bad:
        _remember(version)
    status = _sum_up(report)
    _keep(report, version)
    return status


def _keep(report: Report, version: str) -> None:
    """In the ledger of this machine, also where that engine is a manager: a scratch engine takes its swarm along."""
    import asyncio

    from ..drills.guard.proving import proof_of
    from ..drills.ledger import Ledger
    from ..engine.site import host_alone
    from ..errors import DockworthyError

    async def write() -> None:
        async with host_alone(command="drill guard") as site:
            await Ledger(site, swarm=False).write(proof_of(report, version))

    try:
        asyncio.run(write())
    except (DockworthyError, OSError) as error:
        say(f"the proof of this drill could not be kept: {error}")


def _remember(version: str) -> None:
    """For `guard install` before an engine of that version. Where it can't be kept, it is asked for again."""
    import contextlib

    from ..guard.life.tried import remember_drill
    from ..state_directory import state_directory

    with contextlib.suppress(OSError):
        remember_drill(version, state_directory(os.environ) / "guard")


def _socket_of(endpoint: str) -> str:
    if not endpoint.startswith("unix:///"):
        raise UsageError(f"{endpoint}: a drill needs the engine's own socket", hint="name it: --docker unix:///PATH")
    return endpoint.removeprefix("unix://")


def _make_before(scratch: TrialObjects) -> int:
    if scratch.is_guarded:
        raise UsageError("the engine is guarded already", hint="take the guard off, and say --before again")
    scratch.make_before()
    say("made what nobody may use later; now start the guard, and the drill without --before")
    return ExitStatus.DONE


def _tell(result: TrialResult) -> None:
    from ..report.visible import visible

    trial = result.trial
    gives = f" (would give: {trial.gives})" if trial.gives else ""
    line = f"{result.outcome.value}: {trial.name}{gives} — {trial.method} {trial.target[:80]}: {result.status}"
    for shown in (line, f"    {result.says[:300]}") if result.says else (line,):
        click.echo(visible(shown))


def _sum_up(report: Report) -> int:
    from ..drills.guard import TrialOutcome

    click.echo(
        f"{len(report.tried_attacks)} attacks: {report.count(TrialOutcome.STOPPED)} stopped by the guard, "
        f"{report.count(TrialOutcome.ENGINE)} refused by the engine, {report.count(TrialOutcome.THROUGH)} let through, "
        f"{report.count(TrialOutcome.UNSTOPPED)} not stopped and refused by the engine alone. "
        f"{len(report.tried_good)} good calls: {report.count(TrialOutcome.PASSED)} passed, "
        f"{report.count(TrialOutcome.REFUSED)} refused. "
        f"{report.count(TrialOutcome.LEFT_OUT)} left out."
    )
    return ExitStatus.NOT_WORTHY if report.bad else ExitStatus.DONE
