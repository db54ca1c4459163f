"""`dockworthy releases`: what was shipped, when, by whom, and what became of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from . import options
from .deploying import asked_for, naming_hosts, project_name
from .options import Command
from .output import deliver
from .project import load_project
from .show import paper

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..model.release import Release
    from ..release import Standing

_environment = click.option("--env", "environment", metavar="NAME", help="An environment of dockworthy.yaml.")


def _of_a_project(command: Command) -> Command:
    """Which project on which host: the options of every command here."""
    return _environment(options.policy(options.host(options.sudo(command))))


@click.group(invoke_without_command=True, short_help="Lists the releases, what each changed and how it ended.")
@_of_a_project
@options.format_of("table", "json")
@options.output
@click.pass_context
def releases(
    ctx: click.Context,
    environment: str | None,
    policy: str | None,
    hosts: tuple[str, ...],
    sudo: bool,
    format_: str,
    output: str | None,
) -> int:
    """What was shipped, and what became of it: the last 20 releases of this folder's project, newest first.

    \b
    Examples:
      dockworthy releases               all that are kept
      dockworthy releases show 12       one of them, whole
      dockworthy releases diff 11 12    what differs
      dockworthy releases status        what of it really runs
    """
    if ctx.invoked_subcommand is not None:
        options.must_stand_behind(ctx)
        return 0
    from ..report.releases import render_releases

    found = _read(environment, policy, hosts, sudo)
    width, colour = paper(output)
    _deliver(found, render_releases(found, width=width, colour=colour), format_, output)
    return 0


@releases.command(short_help="Prints one release with everything that belongs to it.")
@click.argument("number", type=int)
@_of_a_project
@options.format_of("table", "json")
@options.output
def show(
    number: int,
    environment: str | None,
    policy: str | None,
    hosts: tuple[str, ...],
    sudo: bool,
    format_: str,
    output: str | None,
) -> int:
    """One release, whole: images, steps, what the gate let pass, what was observed. Secret values are not in it."""
    from ..report.releases import render_release_page

    release = _one(_read(environment, policy, hosts, sudo), number)
    width, colour = paper(output)
    _deliver(release, render_release_page(release, width=width, colour=colour), format_, output)
    return 0


@releases.command(short_help="Prints what differs between two releases.")
@click.argument("older", type=int)
@click.argument("newer", type=int)
@_of_a_project
@options.output
def diff(
    older: int,
    newer: int,
    environment: str | None,
    policy: str | None,
    hosts: tuple[str, ...],
    sudo: bool,
    output: str | None,
) -> int:
    """What differs between two releases, as a unified diff of what was shipped. Exit status 1 says that they differ."""
    from ..report.releases import difference_of

    found = _read(environment, policy, hosts, sudo)
    text = difference_of(_one(found, older), _one(found, newer))
    deliver(text, output)
    return 1 if text else 0


@releases.command(short_help="Compares the release in force with what really runs.")
@_of_a_project
@options.format_of("table", "json")
@options.output
def status(
    environment: str | None,
    policy: str | None,
    hosts: tuple[str, ...],
    sudo: bool,
    format_: str,
    output: str | None,
) -> int:
    """What of the release in force really runs, and what is wrong with the rest, in the engine's own words.

    On a swarm each node is asked that `hosts:` in dockworthy.yaml names a way to, for containers that run for no task
    any more, as an engine that was killed leaves them; a node that can't be asked is named as unknown.

    Of each job (`deploy.jobs`) it says in which release it ran last, also where that was rolled back: what a job
    changed in the data stays.

    Exit status 1 says that something of it does not serve, or that a deploy ended in the middle.
    """
    from ..release import standing
    from ..report.releases import render_standing

    asked = asked_for(load_project(policy), policy=policy, hosts=hosts, environment=environment, sudo=sudo)

    async def read() -> Standing:
        return await standing(asked, await project_name(asked))

    import asyncio

    with naming_hosts(hosts, asked.project):
        found = asyncio.run(read())
    width, colour = paper(output)
    told = {
        "release": found.release.number,
        "services": found.services,
        "unfinished": [each.number for each in found.unfinished],
        "unknown_nodes": found.unseen,
        "jobs": found.jobs,
    }
    text = render_standing(
        found.release, found.services, found.unfinished, found.unseen, found.jobs, width=width, colour=colour
    )
    _deliver(told, text, format_, output)
    return 0 if all(each.is_good for each in found.services) and not found.unfinished else 1


def _read(environment: str | None, policy: str | None, hosts: tuple[str, ...], sudo: bool) -> Sequence[Release]:
    from ..release import releases_of

    asked = asked_for(load_project(policy), policy=policy, hosts=hosts, environment=environment, sudo=sudo)

    async def read() -> Sequence[Release]:
        return await releases_of(asked, await project_name(asked))

    import asyncio

    with naming_hosts(hosts, asked.project):
        return asyncio.run(read())


def _one(found: Sequence[Release], number: int) -> Release:
    from ..errors import UsageError

    for release in found:
        if release.number == number:
            return release
    known = ", ".join(str(release.number) for release in found) or "none"
    raise UsageError(f"there is no release {number}", hint=f"kept are: {known}")


def _deliver(what: object, text: str, format_: str, output: str | None) -> None:
    if format_ == "json":
        from ..report.json_text import json_text

        text = json_text(what)
    deliver(text, output)
