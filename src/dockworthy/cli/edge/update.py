"""`dockworthy edge update`: HAProxy and keepalived as the distribution has them now."""

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
    from ...deploy.edge.updating import KeepalivedUpdated, Updated
    from ...engine.site import Site

_BY_DIGEST = re.compile(r"[!-~]+@sha256:[0-9a-f]{64}")


@click.command(short_help="Installs the distribution's newest HAProxy and keepalived; a short gap.")
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

    Where the edge has an address that moves between hosts (`deploy.edge.address`), keepalived's image is recreated in
    the same way, and first: the address moves to another host where this one has it. One host is updated at a time:
    begin with one that does not have the address.

    Where haproxy or keepalived is installed on the host, the image is made of that one: upgrade it first. An image that
    a project names in its dockworthy.yaml (`deploy.edge.image`) is changed there, and by a deploy, while that project
    is alone at the edge. Where others are there, too, --image decides for all of them.
    """
    from ...deploy.edge.updating import KeepalivedUpdater, NamedImage, Updater

    if image and not _BY_DIGEST.fullmatch(image):
        raise UsageError(f"--image {image}: an image of the edge is named by its digest", hint="NAME@sha256:…")
    endpoint = endpoint_of_edge(hosts, policy, sudo=sudo)

    async def look(site: Site) -> tuple[Updated | NamedImage, KeepalivedUpdated | None]:
        keepalived = await KeepalivedUpdater(site).look() if not image else None
        try:
            return await Updater(site).look(image), keepalived
        except NamedImage as named:
            if keepalived is None:
                raise
            return named, keepalived

    async def do(site: Site) -> None:
        """keepalived first: where the address moves, nobody asks this host's edge any more when that is swapped."""
        if keepalived is not None and keepalived.differs and (moved := await KeepalivedUpdater(site).update()):
            say(f"keepalived {moved.after} runs")
        if haproxy is not None and haproxy.differs:
            say(f"HAProxy {(await Updater(site).update(image)).after} runs")

    found, keepalived = on_site(endpoint, look, sudo=sudo, changes=True)
    haproxy = None if isinstance(found, UsageError) else found
    if isinstance(found, UsageError):
        say(f"HAProxy stays as it is: {found.says}; {found.hint}")
    whose = f"what {image} has" if image else "what the distribution has"
    for program, each in (("HAProxy", haproxy), ("keepalived", keepalived)):
        if each is not None and not each.differs:
            say(f"{program} {each.before} is {whose}: nothing to do")
    lines = [*_of_keepalived(keepalived), *_of_haproxy(haproxy, image)]
    if not lines:
        return ExitStatus.DONE
    which = "The edge" if haproxy is not None and haproxy.differs else "keepalived"
    if not agreed(f"{which} is recreated", lines, dry_run=dry_run, yes=yes):
        return ExitStatus.DONE if dry_run else ExitStatus.NOT_WORTHY
    on_site(endpoint, do, sudo=sudo, changes=True)
    return ExitStatus.DONE


def _of_haproxy(found: Updated | None, image: str) -> tuple[str, ...]:
    """What is done, and what it costs; () where nothing is."""
    from ...deploy.edge.planned_change import AWAY

    if found is None or not found.differs:
        return ()
    what = _what("HAProxy", found)
    if image:
        what = f"{what}, with the image {image} for all projects of this host"
    return what, f"the edge does not answer for about {AWAY:.0f} s, and connections that last longer are cut"


def _of_keepalived(found: KeepalivedUpdated | None) -> tuple[str, ...]:
    if found is None or not found.differs:
        return ()
    address = found.address or "the address"
    moves = (
        f"{address} moves to another host of the edge, and connections by it are cut; where no other host can take it, "
        "it is away for some seconds"
        if found.holds
        else f"{address} stays where it is: it is not on this host"
    )
    return _what("keepalived", found), moves


def _what(program: str, found: Updated) -> str:
    if found.before != found.after:
        return f"{program} {found.before} -> {found.after}"
    return f"the same {program}, newer libraries"
