"""`dockworthy edge update`: HAProxy as the distribution has it now."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from .. import options
from ..agreeing import agreed
from ..exit_status import ExitStatus
from ..output import say
from .on_site import endpoint_of_edge, of_a_host, on_site

if TYPE_CHECKING:
    from ...deploy.edge.updating import Updated
    from ...deploy.site import Site


@click.command(short_help="HAProxy as the distribution has it now; the edge is away for a moment.")
@options.yes
@options.only_says
@of_a_host
def update(yes: bool, dry_run: bool, policy: str | None, hosts: tuple[str, ...], sudo: bool) -> int:
    """Make the image of the edge of the packages that the host's distribution has now, HAProxy and the libraries that
    it loads, and run the edge with it where that is another one.

    The new HAProxy reads the settings before anything is changed, and where it does not take over the one from before
    runs again. Its ports are published by one container at a time: while one goes and the other comes, for about a
    second, nobody answers, and what is answered for longer than a second (a WebSocket) is cut. The plan says so first.

    Where haproxy is installed on the host, the image is made of that one: upgrade it first. An image that is named in
    dockworthy.yaml (`deploy.edge.image`) is changed there, and by a deploy.
    """
    from ...deploy.edge.outlook import AWAY
    from ...deploy.edge.updating import Updater

    endpoint = endpoint_of_edge(hosts, policy, sudo=sudo)

    async def look(site: Site) -> Updated:
        return await Updater(site).look()

    async def do(site: Site) -> Updated:
        return await Updater(site).update()

    found = on_site(endpoint, look, sudo=sudo, changes=True)
    if not found.differs:
        say(f"HAProxy {found.before} is what the distribution has: nothing to do")
        return ExitStatus.DONE
    what = (
        f"HAProxy {found.before} -> {found.after}"
        if found.before != found.after
        else "the same HAProxy, newer libraries"
    )
    gap = f"the edge does not answer for about {AWAY:.0f} s, and connections that last longer are cut"
    if not agreed("The edge is made anew", (what, gap), dry_run=dry_run, yes=yes):
        return ExitStatus.DONE if dry_run else ExitStatus.NOT_WORTHY
    done = on_site(endpoint, do, sudo=sudo, changes=True)
    say(f"HAProxy {done.after} runs")
    return ExitStatus.DONE
