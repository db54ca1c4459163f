"""`dockworthy deploy`: ship a project without a failed request, and take it back where it fails."""

from __future__ import annotations

import click

from . import options
from .deploying import asked_for, gate_of, naming_hosts, outcome_of, record_gate_of, refuse_paths, show_and_ask
from .project import load_project


@click.command(short_help="Deploys a project without a failed request, or rolls back.")
@click.argument("services", metavar="[SERVICE]...", nargs=-1)
@click.option(
    "--image",
    "images",
    metavar="SERVICE=REF",
    multiple=True,
    help="Deploy this image instead of the one in the Compose file.",
)
@options.environment
@click.option(
    "--standby",
    metavar="DURATION",
    help="Keep the old containers running for this long (10m): a rollback then takes less than 1 s.",
)
@options.shows_plan
@click.option("--pull", is_flag=True, help="Ask the registry for newer images of the same names.")
@click.option(
    "--accept",
    metavar="WHAT",
    multiple=True,
    help="Your answer to a question of the plan, in the words that the plan shows (repeatable).",
)
@options.take_over
@options.yes
@options.level
@options.policy
@options.host
@options.sudo
@options.format_of("table", "json")
@options.output
def deploy(
    services: tuple[str, ...],
    images: tuple[str, ...],
    environment: str | None,
    standby: str | None,
    dry_run: bool,
    pull: bool,
    accept: tuple[str, ...],
    take_over: bool,
    yes: bool,
    level: str | None,
    policy: str | None,
    hosts: tuple[str, ...],
    sudo: bool,
    format_: str,
    output: str | None,
) -> int:
    """Ship a project: no failed request, or back to what ran before.

    Reads compose.yaml as Compose does, and `deploy:` in dockworthy.yaml. First the gate: the controls of `check`, at
    the policy's level, and what the policy asks before a deploy: signatures, tests, a fit host. Then the plan: what
    differs from what runs, the steps, and how long a service will not answer. New containers start beside the old ones,
    which go when the new ones are healthy; where two can't run at the same time, the old one stops first, and the plan
    says for how long the service does not answer. Then the release is observed, and kept or taken back.

    Compose itself makes the containers: `docker compose ps` and `logs` go on working. For several hosts
    (`deploy.target: swarm`) a swarm's managers make them: `docker stack ps` and `service logs` go on. A project that
    runs already is taken over as it is; what has not changed is not recreated. Each release is recorded on the engine's
    host, or by the swarm, before anything is changed, and the next run finishes or takes back what a killed one left.

    \b
    Examples:
      dockworthy deploy --dry-run                the plan
      dockworthy deploy                          all of it
      dockworthy deploy web --image web=shop:2   one service, another image
      dockworthy deploy --standby 10m            the old one runs on: quickly back
      dockworthy deploy --host ssh://root@shop   another host
    """
    from functools import partial

    from ..interruption import run_to_its_end
    from ..release import deploy as ship
    from .output import say

    refuse_paths(services)
    project = load_project(policy)
    asked = asked_for(
        project,
        policy=policy,
        hosts=hosts,
        environment=environment,
        level=level,
        services=services,
        images=images,
        standby=standby,
        accept=accept,
        pull=pull,
        dry_run=dry_run,
        sudo=sudo,
        take_over=take_over,
    )
    agree = partial(show_and_ask, yes=yes)
    gates = gate_of(project, asked), record_gate_of(project, asked)
    with naming_hosts(hosts, project):
        shipped = run_to_its_end(ship(asked, *gates, agree=agree, say=say))
    return outcome_of(shipped, format_=format_, output=output)
