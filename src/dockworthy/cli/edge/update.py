"""`dockworthy edge update`: HAProxy as the distribution has it now."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import click

from ...errors import UsageError
from .. import options
from ..agreeing import agreed
from ..exit_status import ExitStatus
from ..output import say
from .on_site import endpoint_of_edge, of_a_host, on_site

if TYPE_CHECKING:
    from ...deploy.edge.updating import Updated
    from ...deploy.site import Site

_BY_DIGEST = re.compile(r"[!-~]+@sha256:[0-9a-f]{64}")


@click.command(short_help="Installs the distribution's newest HAProxy; a short gap in service.")
@click.option("--image", metavar="IMAGE@DIGEST", default="", help="Run this image for all projects of the host.")
@options.yes
@options.only_says
@of_a_host
def update(image: str, yes: bool, dry_run: bool, policy: str | None, hosts: tuple[str, ...], sudo: bool) -> int:
    """Make the image of the edge of the packages that the host's distribution has now, HAProxy and the libraries that
    it loads, and run the edge with it where that is another one.

    The new HAProxy reads the settings before anything is changed, and where it does not take over the one from before
    runs again. Its ports are published by one container at a time: while one goes and the other comes, for about a
    second, nobody answers, and what is answered for longer than a second (a WebSocket) is cut. The plan says so first.

    Where haproxy is installed on the host, the image is made of that one: upgrade it first. An image that a project
    names in its dockworthy.yaml (`deploy.edge.image`) is changed there, and by a deploy, while that project is alone at
    the edge. Where others are there, too, --image decides for all of them.
    """
    from ...deploy.edge.outlook import AWAY
    from ...deploy.edge.updating import Updater

    if image and not _BY_DIGEST.fullmatch(image):
        raise UsageError(f"--image {image}: an image of the edge is named by its digest", hint="NAME@sha256:…")
    endpoint = endpoint_of_edge(hosts, policy, sudo=sudo)

    async def look(site: Site) -> Updated:
        return await Updater(site).look(image)

    async def do(site: Site) -> Updated:
        return await Updater(site).update(image)

    found = on_site(endpoint, look, sudo=sudo, changes=True)
    if not found.differs:
        whose = f"what {image} has" if image else "what the distribution has"
        say(f"HAProxy {found.before} is {whose}: nothing to do")
        return ExitStatus.DONE
    what = (
        f"HAProxy {found.before} -> {found.after}"
        if found.before != found.after
        else "the same HAProxy, newer libraries"
    )
    if image:
        what = f"{what}, with the image {image} for all projects of this host"
    gap = f"the edge does not answer for about {AWAY:.0f} s, and connections that last longer are cut"
    if not agreed("The edge is made anew", (what, gap), dry_run=dry_run, yes=yes):
        return ExitStatus.DONE if dry_run else ExitStatus.NOT_WORTHY
    done = on_site(endpoint, do, sudo=sudo, changes=True)
    say(f"HAProxy {done.after} runs")
    return ExitStatus.DONE
