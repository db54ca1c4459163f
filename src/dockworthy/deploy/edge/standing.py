"""How the edge of a host stands: read once, from its folder, its engine and HAProxy itself."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping

import msgspec
from msgspec import Struct

from ...engine.moments import rfc3339
from ...errors import HostError
from ...model.deploy_settings import Tls
from ...model.edge import CertificateStanding, EdgeStanding, KeepalivedStanding, RouteStanding
from ...model.edge_network import EDGE_NETWORK
from ...model.labels import COMPOSE_ONEOFF, COMPOSE_PROJECT, COMPOSE_SERVICE
from ..site import Site
from ..targets.containers import LEAVING
from ..targets.standby.containers import STANDBY_ENDING
from .address_keeper import AddressKeeper
from .admin import Admin, Server
from .aliases import found_by_old_names
from .care import cares_of
from .conflicts import address_of_all
from .following import follower_standing
from .haproxy.frontends import NOBODY
from .hosts import shared_without_consent
from .image import EdgeImage
from .keeping import Keeper, Kept
from .lifetime import DAY
from .loaded import Loaded, loaded
from .outlook import published
from .process import container_of
from .renewals import Renewals, renewals
from .strangers import strangers
from .swarm_network import FORGOTTEN, is_forgotten

_LEFT_ON_PURPOSE = (STANDBY_ENDING, LEAVING)
"""So end the names of containers that a deploy took off the edge."""
_ASK = """
date +%s
command -v haproxy >/dev/null 2>&1 || PATH=$PATH:/usr/sbin
if command -v haproxy >/dev/null 2>&1; then haproxy -v | sed -n '1s/.*version \\([^ ]*\\).*/\\1/p'
else LC_ALL=C apt-cache policy haproxy 2>/dev/null | sed -n 's/^ *Candidate: //p'; fi
"""
"""What the host's own haproxy is, or would be: the image is made of it."""
_ASK_KEEPALIVED = r"""
command -v keepalived >/dev/null 2>&1 || PATH=$PATH:/usr/sbin
if command -v keepalived >/dev/null 2>&1; then keepalived -v 2>&1 | sed -n '1s/^[^0-9]*\([0-9][^ ]*\).*/\1/p'
else LC_ALL=C apt-cache policy keepalived 2>/dev/null |
    sed -n 's/^ *Candidate: \([0-9]*:\)\{0,1\}\([0-9.]*\).*/\2/p'; fi
"""
"""It tells its own version alone, not the distribution's number after that."""


async def edge_standing(site: Site) -> EdgeStanding:
    """Changes nothing. Raises HostError, EngineError."""
    kept = await Keeper(site).read()
    container = await container_of(site)
    if not kept.compose and container is None:
        return EdgeStanding(host=site.name, is_there=False)
    known = await renewals(site)
    clock, _, available = (await site.hand.run(_ASK)).output.partition("\n")
    now = float(clock or 0)
    told = await _told(Admin(site)) if container is not None and container["State"] == "running" else None
    # What names that nobody has are shown is nobody's to renew.
    shown = [each for each in told.certificates if each.file != NOBODY] if told else []
    image = msgspec.json.decode(kept.image, type=EdgeImage) if kept.image else EdgeImage("", "", "", False, False)
    read = EdgeStanding(
        host=site.name,
        is_there=True,
        is_running=told is not None,
        projects=tuple(kept.projects),
        image=image.wanted or image.runs,
        version=image.version,
        image_since=image.since,
        available="" if image.wanted else available.strip(),
        ports=tuple(port for port in published(kept) if port is not None),
        routes=tuple(_routes(kept, told.servers if told else (), await _running(site))),
        certificates=tuple(_certificate(each, kept, known, now) for each in shown),
        untold=told.untold if told and kept.projects else "",  # without a project there is no certificate to tell of
        renewed_by=known.by_itself,
        renewal_tried=known.tried,
        settings=kept.current,
    )
    trouble = ""
    if address := address_of_all(kept.projects.values()):
        keeper = AddressKeeper(site, os.environ)
        holds, trouble = await keeper.holds(address), await keeper.trouble()
        moves = await _keepalived(site, keeper)
        read = msgspec.structs.replace(read, address=address, has_address=holds, keepalived=moves)
    read = msgspec.structs.replace(read, strangers=await strangers(site.engine, kept.projects))
    projects = [*kept.projects.values()]
    follower = await follower_standing(site, f"{site.state}/edge")
    more = [*follower.cares(), *shared_without_consent(projects), *found_by_old_names(projects)]
    if trouble:
        more.insert(0, trouble)
    if await is_forgotten(site.engine):
        more.insert(0, FORGOTTEN)
    return msgspec.structs.replace(read, cares=(*cares_of(read, now), *more))


async def _keepalived(site: Site, keeper: AddressKeeper) -> KeepalivedStanding | None:
    if (image := await keeper.image()) is None:
        return None
    available = (await site.hand.run(_ASK_KEEPALIVED)).output.strip()
    return KeepalivedStanding(image=image.runs, version=image.version, image_since=image.since, available=available)


class _Told(Struct, frozen=True):
    """By HAProxy itself. `untold`: why it does not tell its certificates."""

    servers: tuple[Server, ...]
    certificates: tuple[Loaded, ...] = ()
    untold: str = ""


async def _told(admin: Admin) -> _Told | None:
    """None where nobody answers."""
    try:
        servers = await admin.servers()
    except HostError:
        return None
    try:
        return _Told(servers, await loaded(admin))
    except HostError as error:
        return _Told(servers, untold=error.says)


class _Running(Struct, frozen=True):
    """(project, service) -> containers that this engine runs, and the names of those that the edge can't reach."""

    counted: Counter[tuple[str, str]]
    absent: Mapping[tuple[str, str], tuple[str, ...]]


async def _running(site: Site) -> _Running:
    """Raises EngineError."""
    counted: Counter[tuple[str, str]] = Counter()
    absent: dict[tuple[str, str], tuple[str, ...]] = {}
    for container in await site.engine.get("/containers/json"):
        labels = container.get("Labels") or {}
        service = labels.get(COMPOSE_PROJECT, ""), labels.get(COMPOSE_SERVICE, "")
        if labels.get(COMPOSE_ONEOFF) == "True":
            continue
        counted[service] += 1
        name = str(container["Names"][0]).lstrip("/")
        on_edge = EDGE_NETWORK in ((container.get("NetworkSettings") or {}).get("Networks") or {})
        if not on_edge and not name.endswith(_LEFT_ON_PURPOSE):
            absent[service] = (*absent.get(service, ()), name)
    return _Running(counted, absent)


def _routes(kept: Kept, servers: tuple[Server, ...], running: _Running) -> list[RouteStanding]:
    return [
        RouteStanding(
            project=project.project,
            host=served.route.host,
            path=served.route.path,
            service=served.route.service,
            up=sum(server.is_up for server in servers if server.backend == backend),
            seen=sum(server.backend == backend for server in servers),
            running=running.counted[project.project, served.route.service],
            absent=running.absent.get((project.project, served.route.service), ()),
        )
        for project in kept.projects.values()
        for backend, served in project.backends.items()
    ]


def _certificate(each: Loaded, kept: Kept, known: Renewals, now: float) -> CertificateStanding:
    """A file is called after its project, and after the name where it has one of its own."""
    project, _, name = each.file.partition(".")  # a project's name has no dot
    routes = kept.projects.get(project)
    tls = routes.edge.tls if routes is not None else Tls.OFF
    kind = "placeholder" if tls is Tls.ACME and not name else str(tls)
    failed = next((known.failed[each] for each in (name or project, *each.names) if each in known.failed), None)
    return CertificateStanding(
        project=project,
        names=each.names,
        kind=kind,
        ends=rfc3339(each.lifetime.ends),
        days=round((each.lifetime.ends - now) / DAY, 1),
        due=rfc3339(each.lifetime.due),
        is_due=each.lifetime.is_due(now),
        is_late=each.lifetime.is_late(now),
        failed=failed.says if failed else "",
        failed_at=failed.at if failed else "",
    )
