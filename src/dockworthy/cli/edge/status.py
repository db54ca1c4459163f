"""`dockworthy edge status`: what the edge of a host serves, and what of it needs care."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from .. import options
from ..exit_status import ExitStatus
from ..output import deliver
from ..project import load_project
from ..show import paper
from .on_site import endpoint_of_edge, of_a_host, on_site

if TYPE_CHECKING:
    from ...engine.site import Site
    from ...model.edge import EdgeStanding


@click.command(short_help="Shows routes, certificates and containers, and what needs attention.")
@of_a_host
@options.format_of("table", "json")
@options.output
def status(policy: str | None, hosts: tuple[str, ...], sudo: bool, format_: str, output: str | None) -> int:
    """What the edge of a host serves: projects and routes with the containers that get their requests, certificates
    as HAProxy has loaded them with the time that is left, its image and since when it runs.

    Exit status 1 says that something needs care: a route without a container, a certificate that ends soon, whose
    renewal failed or that nobody renews, a newer HAProxy. Where the edge is on several hosts of a swarm, all are shown
    that `hosts:` of dockworthy.yaml leads to. Nothing is changed.
    """
    from ...deploy.edge.edges import standing_of_all
    from ...report.edge import render_edge
    from ...report.json_text import json_text

    ways = load_project(policy).hosts

    async def read(site: Site) -> EdgeStanding:
        return await standing_of_all(site, ways, sudo=sudo)

    found = on_site(endpoint_of_edge(hosts, policy, sudo=sudo), read, sudo=sudo, changes=False)
    width, colour = paper(output)
    deliver(json_text(found) if format_ == "json" else render_edge(found, width=width, colour=colour), output)
    cares = found.cares or any(each.cares for each in found.others)
    return ExitStatus.NOT_WORTHY if cares else ExitStatus.DONE
