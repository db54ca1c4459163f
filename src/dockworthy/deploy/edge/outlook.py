"""What bringing the edge to a project's wishes would mean, before anything is done."""

from __future__ import annotations

import json

import msgspec
from msgspec import Struct

from ..site import Site
from .certificates import ToBeMade, certificates
from .conflicts import Ports, ports, refuse_conflicts, refuse_foreign
from .haproxy.configuration import edge_files
from .haproxy.frontends import HTTP, HTTPS
from .image import EdgeImage
from .keeping import Kept
from .kept import ProjectRoutes
from .ports_taken import refuse_taken
from .process import EdgeProcess


class EdgeChange(Struct, frozen=True):
    """What was done: nothing, or it was `started`, made anew (`recreated`: its ports were closed for a moment), or
    told of new routes (`reloaded`: no connection was cut)."""

    started: bool = False
    recreated: bool = False
    reloaded: bool = False
    notes: tuple[str, ...] = ()


async def outlook(site: Site, kept: Kept, process: EdgeProcess, wanted: ProjectRoutes) -> EdgeChange:
    """Changes nothing. Raises UsageError for what another project or program has, EngineError, HostError."""
    every = [routes for name, routes in kept.projects.items() if name != wanted.project]
    refuse_conflicts(wanted, every)
    every.append(wanted)
    opened = ports(every)
    await refuse_taken(site, opened)
    container = await process.container()
    refuse_foreign(container, f"{site.state}/edge")
    if not kept.compose or not kept.image or container is None:
        return EdgeChange(started=True)
    image = msgspec.json.decode(kept.image, type=EdgeImage)
    asked = next((each.edge.image for each in every if each.edge.image), "")
    if image.wanted != asked or published(kept) != opened or container["State"] != "running":
        return EdgeChange(recreated=True)
    try:
        files = edge_files(every, await certificates(site, every, look=True), exporter=image.has_exporter)
    except ToBeMade:
        return EdgeChange(reloaded=True)
    same = kept.projects.get(wanted.project) == wanted and kept.current == files.digest
    return EdgeChange(reloaded=not same or not await process.runs_with(files.marker))


def published(kept: Kept) -> Ports:
    """The host's ports that are open now."""
    if not kept.compose:
        return None, None
    each = {port["target"]: int(port["published"]) for port in json.loads(kept.compose)["services"]["proxy"]["ports"]}
    return each.get(HTTP), each.get(HTTPS)
