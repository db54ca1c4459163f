"""How the edge would change if it served a project's routes as they are wanted. Changes nothing."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
from msgspec import Struct

from ...engine.site import Site
from ...model.compose_project import ComposeProject
from ...model.deploy_settings import Tls
from .certificates import ToBeMade, certificates
from .compose_file import SERVICE, accepted
from .conflicts import Ports, image_in_words, image_of_all, ports, refuse_conflicts, refuse_foreign, refuse_taken
from .haproxy.configuration import edge_files
from .haproxy.frontends import HTTP, HTTPS
from .host_names import owned
from .image import EdgeImage
from .process import EdgeProcess
from .renewal_records import renewals
from .routes import ProjectRoutes
from .state_dir import EdgeState
from .swarm_network import is_forgotten

ENDS_WITHIN = 1
"""Seconds that an edge has to end what it answers, where another one takes its place."""
AWAY = 2.0
"""Seconds without an edge then, at the most as measured."""


class EdgeChange(Struct, frozen=True):
    """What was done: nothing, or it was `started`, `recreated` (its ports were closed for a moment), or
    told of new routes (`reloaded`: no connection was cut). `rejoined`: it joined the swarm's network again, where other
    hosts had lost its address. `notes`: what is worth knowing of it, as sentences. `image`: what it is to run where
    that is another one than before, in words. `follower`: where the edge's follower was put, as it was missing.
    `elsewhere`: what other hosts' edges need, as steps. `address_goes`: the address that no host has any more then."""

    started: bool = False
    recreated: bool = False
    reloaded: bool = False
    notes: tuple[str, ...] = ()
    image: str = ""
    rejoined: bool = False
    follower: str = ""
    elsewhere: tuple[str, ...] = ()
    address_goes: str = ""


async def outlook(
    site: Site, kept: EdgeState, process: EdgeProcess, wanted: ProjectRoutes, *, swarm: bool = False
) -> EdgeChange:
    """With its notes; nothing is changed. `swarm`: services are to be on a network of the swarm. Raises UsageError for
    what another project or program has, and EngineError, HostError."""
    change = await _change(site, kept, process, wanted, swarm=swarm)
    notes: list[str] = []
    if change.started or change.recreated:
        notes += exceptions_in_words(accepted(has_shell=True))
    if (
        change != EdgeChange()
        and not change.image
        and (named := chosen_image(kept)) not in (None, "", wanted.edge.image)
    ):
        notes.append(f"the edge of this host runs {named}, as another project or its administrator chose")
    if change != EdgeChange() and wanted.edge.tls is Tls.ACME and not (await renewals(site)).by_itself:
        notes.append("nothing renews its certificates between deploys: dockworthy edge renew --install")
    return msgspec.structs.replace(change, notes=tuple(notes))


def exceptions_in_words(whys: Mapping[str, str]) -> tuple[str, ...]:
    """`whys`: control -> why it is right that it fails here."""
    return tuple(f"the edge is worthy at level production but for {control}: {why}" for control, why in whys.items())


async def _change(
    site: Site, kept: EdgeState, process: EdgeProcess, wanted: ProjectRoutes, *, swarm: bool
) -> EdgeChange:
    every = [routes for name, routes in kept.projects.items() if name != wanted.project]
    refuse_conflicts(wanted, every, kept.projects.get(wanted.project))
    asked = image_of_all(wanted, every, chosen_image(kept))
    wanted = with_owner(wanted, kept)
    every.append(wanted)
    opened = ports(every)
    await refuse_taken(site, opened)
    container = await process.container()
    refuse_foreign(container, f"{site.state}/edge")
    if not kept.compose or not kept.image or container is None:
        return EdgeChange(started=True, image=asked)
    image = msgspec.json.decode(kept.image, type=EdgeImage)
    if image.wanted != asked:
        return EdgeChange(recreated=True, image=f"{image_in_words(image.wanted)} -> {image_in_words(asked)}")
    if on_swarm(kept) != swarm or published(kept) != opened or container["State"] != "running":
        return EdgeChange(recreated=True)
    rejoined = swarm and await is_forgotten(site.engine)
    try:
        files = edge_files(
            every, await certificates(site, every, look=True), exporter=image.has_exporter, hosts=kept.hosts
        )
    except ToBeMade:
        return EdgeChange(reloaded=True, rejoined=rejoined)
    same = kept.projects.get(wanted.project) == wanted and kept.current == files.digest
    return EdgeChange(reloaded=not same or not await process.runs_with(files.marker), rejoined=rejoined)


def with_owner(wanted: ProjectRoutes, kept: EdgeState) -> ProjectRoutes:
    """With the host names that the project has first."""
    others = [routes for name, routes in kept.projects.items() if name != wanted.project]
    return msgspec.structs.replace(wanted, owns=owned(wanted, others, kept.projects.get(wanted.project)))


def chosen_image(kept: EdgeState) -> str | None:
    """What the edge was last told to run, "" for the image made on the host; None before its first start."""
    return msgspec.json.decode(kept.image, type=EdgeImage).wanted if kept.image else None


def on_swarm(kept: EdgeState) -> bool:
    """Was it made on a network of a swarm? That goes with the swarm."""
    return bool(kept.compose) and ComposeProject.from_text(kept.compose).networks["edge"].external


def published(kept: EdgeState) -> Ports:
    """The host's ports that are open now."""
    if not kept.compose:
        return None, None
    proxy = ComposeProject.from_text(kept.compose).services[SERVICE]
    each = {port.target: int(port.published) for port in proxy.ports}
    return each.get(HTTP), each.get(HTTPS)
