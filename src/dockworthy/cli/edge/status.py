"""`dockworthy edge status`: what the edge of a host serves, and what of it needs care."""

from __future__ import annotations

import click

from .. import options
from ..exit_status import ExitStatus
from ..output import deliver
from ..show import paper
from .on_site import endpoint_of_edge, of_a_host, on_site


@click.command(short_help="Shows routes, certificates and containers, and what needs attention.")
@of_a_host
@options.format_of("table", "json")
@options.output
def status(policy: str | None, hosts: tuple[str, ...], sudo: bool, format_: str, output: str | None) -> int:
    """What the edge of a host serves: projects and routes with the containers that get their requests, certificates
    as HAProxy has loaded them with the time that is left, its image and since when it runs.

    Exit status 1 says that something needs care: a route without a container, a certificate that ends soon, whose
    renewal failed or that nobody renews, a newer HAProxy. Nothing is changed.
    """
    from ...deploy.edge.standing import edge_standing
    from ...report.edge import render_edge
    from ...report.json_text import json_text

    found = on_site(endpoint_of_edge(hosts, policy, sudo=sudo), edge_standing, sudo=sudo, changes=False)
    width, colour = paper(output)
    deliver(json_text(found) if format_ == "json" else render_edge(found, width=width, colour=colour), output)
    return ExitStatus.NOT_WORTHY if found.cares else ExitStatus.DONE
