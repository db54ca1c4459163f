"""`dockworthy rollback`: bring an earlier release back, by the same path that brought it."""

from __future__ import annotations

import click

from . import options
from .deploying import asked_for, outcome_of, show_and_ask
from .exit_status import ExitStatus
from .project import load_project


@click.command(short_help="Goes back to an earlier release.")
@click.argument("release", metavar="[RELEASE]", type=int, required=False)
@options.environment
@options.shows_plan
@click.option(
    "--accept",
    metavar="WHAT",
    multiple=True,
    help="Your answer to a question of the plan, in the words that the plan shows (repeatable).",
)
@options.take_over
@click.option("--with-jobs", is_flag=True, help="Run the jobs of the release that comes back, too (deploy.jobs).")
@options.yes
@options.policy
@options.host
@options.sudo
@options.format_of("table", "json")
@options.output
def rollback(
    release: int | None,
    environment: str | None,
    dry_run: bool,
    accept: tuple[str, ...],
    take_over: bool,
    with_jobs: bool,
    yes: bool,
    policy: str | None,
    hosts: tuple[str, ...],
    sudo: bool,
    format_: str,
    output: str | None,
) -> int:
    """Bring an earlier release back: the one before, or the one that is named.

    It goes the way of a deploy: a plan, new containers beside the old ones, observed, kept or taken back. What it ships
    is what the record says: the same images by digest or id, the same definition, the same secrets. After a deploy that
    was killed in the middle it takes that one back.

    Jobs (`deploy.jobs`) of that release do not run again: an old migration would meet the newer data. One that should
    says `on_rollback: true` in dockworthy.yaml; --with-jobs runs all of them.

    \b
    Examples:
      dockworthy rollback              the one before
      dockworthy rollback 12           release 12
      dockworthy rollback --dry-run    what would be done
    """
    import asyncio
    from functools import partial

    from ..interruption import run_to_its_end
    from ..release import rollback as take_back
    from .deploying import naming_hosts, project_name, record_gate_of
    from .output import say

    project = load_project(policy)
    asked = asked_for(
        project,
        policy=policy,
        hosts=hosts,
        environment=environment,
        accept=accept,
        dry_run=dry_run,
        sudo=sudo,
        take_over=take_over,
        with_jobs=with_jobs,
    )
    name = asyncio.run(project_name(asked))
    agree, judge = partial(show_and_ask, yes=yes), record_gate_of(project, asked)
    with naming_hosts(hosts, project):
        shipped = run_to_its_end(take_back(asked, release, judge, project=name, agree=agree, say=say))
    status = outcome_of(shipped, format_=format_, output=output)
    given_up = status == ExitStatus.ROLLED_BACK and shipped.plan is None
    return ExitStatus.DONE if given_up else status  # a takeover that was killed: taken back is what was asked for
