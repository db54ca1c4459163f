"""`dockworthy path`: which way to production fits?"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from . import options
from .output import deliver
from .project import load_project

if TYPE_CHECKING:
    from ..model.policy import ProjectFile
    from ..model.snapshot import Snapshot


@click.command(short_help="Compares the paths to production, with what each one costs.")
@options.policy
@options.host
@click.option("--from", "saved", metavar="FILE", help="Look at a snapshot that `dockworthy facts` saved.")
@click.option("--no-host", is_flag=True, help="Look at no host, only at the intent.")
@options.format_of("table", "json", "markdown")
@options.output
def path(
    policy: str | None, hosts: tuple[str, ...], saved: str | None, no_host: bool, format_: str, output: str | None
) -> int:
    """Which way to production fits your constraints, and which do not?

    Weighs six ways (one host, several, Swarm, a rented service, Kubernetes or another platform, not Docker) by what
    dockworthy.yaml states and by what is found here (its hosts, the swarm, services, volumes), and says for each what
    speaks for it and against it, the effort in hours, the price, and what it costs to leave again. It needs no engine.

    \b
    Examples:
      dockworthy intent && dockworthy path
      dockworthy path --no-host --format markdown    for the meeting
    """
    from ..readers.machine import read_machine
    from ..report.ways import render_ways
    from ..verdict.intents import in_words
    from ..verdict.plans import PLANS
    from ..verdict.requirements import assumed
    from ..verdict.ways import WayFacts, ways

    project = load_project(policy)
    intent = project.intent
    snapshot = None if no_host else _snapshot(saved, hosts, project)
    machine = read_machine(snapshot) if snapshot is not None else None
    whole = assumed(intent)
    named = len(project.hosts)
    found = ways(whole, machine, PLANS, hosts=named)
    seen = WayFacts(whole, machine, named).seen()
    deliver(render_ways(found, in_words(whole), stated=intent.is_stated, format_=format_, seen=seen), output)
    return 0


def _snapshot(saved: str | None, hosts: tuple[str, ...], project: ProjectFile) -> Snapshot:
    if saved is not None:
        from ..facts.saved import load

        return load(Path(saved))
    import asyncio

    from ..facts.reading import read_snapshot

    return asyncio.run(read_snapshot(options.endpoint_of(hosts, project), environ=os.environ))
