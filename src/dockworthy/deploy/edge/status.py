"""How the edge of a host stands: read once, from its folder, its engine and HAProxy itself; and what needs attention.

It names containers and services on the edge's networks that no release put there: they reach what is routed of all
projects. Source: Engine API v1.45, GET /networks/{id}, /containers/{id}/json, /services.
"""

from __future__ import annotations

import asyncio
import os
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import quote

import msgspec
from msgspec import Struct

from ...engine.clock import rfc3339
from ...engine.connection import Connection
from ...engine.faults import NoSuchObject
from ...engine.site import Site
from ...errors import HostError
from ...host_scripts import HostScript
from ...model.deploy_settings import Tls
from ...model.edge import CertificateStanding, EdgeStanding, KeepalivedStanding, RouteStanding
from ...model.edge_network import EDGE_NETWORK, EDGE_NETWORKS, EDGE_PROJECT
from ...model.labels import COMPOSE_ONEOFF, COMPOSE_PROJECT, COMPOSE_SERVICE, SWARM_TASK
from ..targets.containers import LEAVING
from ..targets.running import task_of
from ..targets.standby import STANDBY_ENDING
from .address_keeper import AddressKeeper
from .aliases import found_by_old_names
from .compose_file import CONTAINER
from .conflicts import address_of_all
from .following import follower_standing
from .haproxy.frontends import NOBODY
from .haproxy_api import Admin, Server
from .host_names import shared_without_consent
from .image import EdgeImage
from .lifetime import DAY, Lifetime, left_in_words, lifetime
from .planned_change import published
from .process import container_of
from .renewal_records import Renewals, renewals
from .routes import ProjectRoutes, old_name
from .state_dir import EdgeState, EdgeStateDir
from .swarm_network import FORGOTTEN, is_forgotten


async def strangers(engine: Connection, projects: Mapping[str, ProjectRoutes]) -> tuple[str, ...]:
    """Their names, each with where it is. Of a service with several tasks the service is named. Raises EngineError."""
    secret = {alias for routes in projects.values() for alias in routes.aliases.values()}
    found: list[str] = []
    for network in EDGE_NETWORKS:
        facts = await _asked(engine, f"/networks/{network}")
        if facts is None:
            continue
        ids = [id for id in facts.get("Containers") or {} if not id.startswith("lb-")]
        for container in await asyncio.gather(*(_asked(engine, f"/containers/{quote(id)}/json") for id in ids)):
            if container is None or _belongs(container, network, projects, secret):
                continue
            if facts.get("Scope") != "swarm" or not await _is_task(engine, container):
                found.append(f"the container {container['Name'].lstrip('/')} on {network}")
        if facts.get("Scope") == "swarm":
            for service in await engine.get("/services"):
                names = _names(service, facts["Id"])
                if names is not None and not secret & names:
                    found.append(f"the service {service['Spec']['Name']} on {network}")
    return tuple(sorted(found))


async def _asked(engine: Connection, path: str) -> dict[str, Any] | None:
    try:
        answer: dict[str, Any] = await engine.get(path)
    except NoSuchObject:
        return None
    return answer


def _belongs(
    container: Mapping[str, Any], network: str, projects: Mapping[str, ProjectRoutes], secret: set[str]
) -> bool:
    labels = container["Config"].get("Labels") or {}
    project = labels.get(COMPOSE_PROJECT, "")
    if project == EDGE_PROJECT and container["Name"] == f"/{CONTAINER}":
        return True
    if network != EDGE_NETWORK:
        return False
    task = task_of(container)
    names = set(task.edge_names)
    routes = projects.get(project)
    if routes is not None and (task.service in routes.old_names or task.service not in routes.aliases):
        secret = {*secret, old_name(project, task.service)}
    return bool(names & secret)


async def _is_task(engine: Connection, container: Mapping[str, Any]) -> bool:
    """By what the swarm knows of it: the label alone can be given to any container. Whether its service may be there is
    asked of the service."""
    id = str((container["Config"].get("Labels") or {}).get(SWARM_TASK) or "")
    task = await _asked(engine, f"/tasks/{quote(id, safe='')}") if id else None
    status = (task or {}).get("Status") or {}
    return bool((status.get("ContainerStatus") or {}).get("ContainerID") == container["Id"])


def _names(service: Mapping[str, Any], network: str) -> set[str] | None:
    """Of a service on that network; None where it is not on it."""
    template = service["Spec"].get("TaskTemplate") or {}
    joined = [each for each in template.get("Networks") or () if each.get("Target") == network]
    return {name for each in joined for name in each.get("Aliases") or ()} if joined else None


class Loaded(Struct, frozen=True):
    """`file`: its name without folder and end, which says whose it is."""

    file: str
    names: tuple[str, ...]
    lifetime: Lifetime


async def loaded(admin: Admin) -> tuple[Loaded, ...]:
    """Raises HostError where the edge does not answer, or does not tell."""
    listed = (await admin.ask("show ssl cert")).strip().splitlines()
    if not listed:  # an edge without TLS has none to list
        return ()
    if not listed[0].startswith("# filename"):
        raise HostError(f"the running edge does not tell its certificates (it answered: {listed[0].strip()[:120]})")
    files = [line.strip() for line in listed if line.strip().endswith(".pem") and not line.startswith("#")]
    if not files:
        return ()
    return loaded_in(await admin.ask(";".join(f"show ssl cert {file}" for file in files)))


def loaded_in(answer: str) -> tuple[Loaded, ...]:
    """From answers to `show ssl cert FILE`: https://docs.haproxy.org/3.0/management.html. What is not whole is left
    out."""
    found = []
    for part in answer.split("Filename: ")[1:]:
        file, *lines = part.splitlines()
        told = {key: value for key, colon, value in (line.partition(": ") for line in lines) if colon}
        names = [name.strip() for name in told.get("Subject Alternative Name", "").split(",")]
        try:
            life = lifetime(told["notBefore"], told["notAfter"])
        except (KeyError, ValueError):
            continue
        name = file.rpartition("/")[2].removesuffix(".pem")
        found.append(Loaded(name, tuple(each.partition(":")[2] for each in names if ":" in each), life))
    return tuple(found)


_SILENT = 3 * DAY
"""Who renews by itself looks twice a day."""


def cares_of(edge: EdgeStanding, now: float) -> Iterator[str]:
    """`now`: seconds since 1970, by the host's clock."""
    if not edge.is_running:
        yield "the edge does not run: `docker logs dockworthy-edge-proxy-1` says why, `dockworthy deploy` starts it"
        return
    for route in edge.routes:
        if not route.up:
            found = f"{route.seen} seen and none well" if route.seen else _unseen(route)
            yield f"{route.host}{route.path.rstrip('/')}: {route.service} of {route.project} does not answer: {found}"
        elif route.absent:
            yield (
                f"{route.host}{route.path.rstrip('/')}: nothing is sent to {', '.join(route.absent)}, which runs "
                f"for {route.service} of {route.project}: `dockworthy deploy` lets it join"
            )
    for stranger in edge.strangers:
        yield (
            f"{stranger}: no release put it there, and it reaches the routed ports of all projects past their routes: "
            "`docker network disconnect` it, or give it a route in its dockworthy.yaml and deploy"
        )
    if edge.untold:
        yield f"{edge.untold}: the next `dockworthy deploy` or `dockworthy edge renew` mends that"
    for certificate in edge.certificates:
        yield from _of_a_certificate(certificate, edge, now)
    if edge.renewed_by and edge.certificates and _age(edge.renewal_tried, now) > _SILENT:
        yield f"nothing was seen of {edge.renewed_by}, which renews certificates, for three days: dockworthy edge renew"
    if edge.available and edge.version and edge.available != edge.version:
        yield f"HAProxy {edge.version} runs, and the host has {edge.available}: dockworthy edge update"
    keepalived = edge.keepalived
    if keepalived is not None and keepalived.available and keepalived.version not in ("", keepalived.available):
        yield f"keepalived {keepalived.version} runs, and the host has {keepalived.available}: dockworthy edge update"


def _unseen(route: RouteStanding) -> str:
    """Containers may run and not be on the edge's network: those of a deploy that did not get so far."""
    if not route.running:
        return "no container of it runs here"
    many = "container runs" if route.running == 1 else "containers run"
    return (
        f"{route.running} {many}, and the edge knows none of them (made by `docker compose up`?): "
        "`dockworthy deploy` lets them join it"
    )


def _of_a_certificate(certificate: CertificateStanding, edge: EdgeStanding, now: float) -> Iterator[str]:
    ends = left_in_words(now + certificate.days * DAY, now)
    over = f"the certificate for {', '.join(certificate.names)} {'ended' if certificate.days < 0 else 'ends'} {ends}"
    if certificate.failed:
        yield f"{over}, and the last try to renew it failed ({certificate.failed_at}): {certificate.failed}"
    elif certificate.kind == "placeholder":
        yield f"{', '.join(certificate.names)}: the ACME authority has given no certificate yet: dockworthy edge renew"
    elif certificate.kind == "files":
        if certificate.is_due:
            yield f"{over}: replace the files of deploy.edge.certificates, and deploy"
    elif certificate.is_late or (certificate.is_due and not edge.renewed_by):
        yield f"{over}: dockworthy edge renew"
    elif certificate.kind == "acme" and not edge.renewed_by:
        yield f"{over}, and automatic renewal is not set up: dockworthy edge renew --install"


def _age(moment: str, now: float) -> float:
    return now - datetime.fromisoformat(moment).timestamp() if moment else float("inf")


_LEFT_ON_PURPOSE = (STANDBY_ENDING, LEAVING)
"""So end the names of containers that a deploy took off the edge."""
_HAPROXY = HostScript(__package__, "haproxy_version.sh")
_KEEPALIVED = HostScript(__package__, "keepalived_version.sh")


async def edge_standing(site: Site) -> EdgeStanding:
    """Changes nothing. Raises HostError, EngineError."""
    kept = await EdgeStateDir(site).read()
    container = await container_of(site)
    if not kept.compose and container is None:
        return EdgeStanding(host=site.name, is_there=False)
    known = await renewals(site)
    clock, _, available = (await site.shell.run(_HAPROXY.text)).output.partition("\n")
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
    available = (await site.shell.run(_KEEPALIVED.text)).output.strip()
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


def _routes(kept: EdgeState, servers: tuple[Server, ...], running: _Running) -> list[RouteStanding]:
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


def _certificate(each: Loaded, kept: EdgeState, known: Renewals, now: float) -> CertificateStanding:
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
