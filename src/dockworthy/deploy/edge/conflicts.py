"""Does what a project asks of the edge fit with what other projects have there, and are the ports free?"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from typing import Any

from ...engine.site import Site
from ...errors import Refused, UsageError
from ...host_scripts import HostScript
from ...model.labels import COMPOSE_PROJECT
from .compose_file import PROJECT, SETTINGS
from .host_names import refuse_taken_hosts
from .routes import ProjectRoutes

Ports = tuple[int | None, int | None]
"""Of the host, for http and https."""


def refuse_conflicts(
    wanted: ProjectRoutes, others: Iterable[ProjectRoutes], before: ProjectRoutes | None = None
) -> None:
    """`before`: the routes of the same project that are in force.

    Raises Refused for requests that belong to another project, and UsageError for another port; both name the other
    project.
    """
    others = [*others]
    refuse_taken_hosts(wanted, others, before)
    for other in others:
        if wanted.edge.hosts and other.edge.hosts and {*wanted.edge.hosts} != {*other.edge.hosts}:
            raise UsageError(
                f"deploy.edge.hosts is {', '.join(wanted.edge.hosts)}, and the project {other.project} has "
                f"{', '.join(other.edge.hosts)} at the same edge",
                hint="all projects have one edge: name its hosts in one dockworthy.yaml alone, deploy the others "
                "without, and then this one",
            )
        if wanted.edge.address and other.edge.address and wanted.edge.address != other.edge.address:
            raise UsageError(
                f"deploy.edge.address is {wanted.edge.address}, and the project {other.project} has "
                f"{other.edge.address} at the same edge",
                hint="all projects have one edge: name its address in one dockworthy.yaml alone",
            )
        for what, ours, theirs in (
            ("http", wanted.edge.http, other.edge.http),
            ("https", wanted.edge.https if wanted.has_tls else None, other.edge.https if other.has_tls else None),
        ):
            if ours is not None and theirs is not None and ours != theirs:
                raise UsageError(
                    f"deploy.edge.{what} is {ours}, and the project {other.project} has {theirs} at the same edge",
                    hint="a host has one edge for all its projects: give it the same in each dockworthy.yaml",
                )


def image_of_all(wanted: ProjectRoutes | None, others: Iterable[ProjectRoutes], in_force: str | None) -> str:
    """The image of the edge, "" for the one that is made on the host. HAProxy holds the keys and the requests of all
    projects, so none of them chooses it for the others: only who is alone at the edge does, or all of them together.

    `in_force`: the image that the edge was last told to run, None where there was none yet. Raises Refused, which
    names both images, the other projects, and the way.
    """
    others = [*others]
    if not others:
        return wanted.edge.image if wanted is not None else in_force or ""
    if in_force is None:
        in_force = next((other.edge.image for other in others if other.edge.image), "")
    if wanted is None or wanted.edge.image in ("", in_force):
        return in_force
    if all(other.edge.image == wanted.edge.image for other in others):
        return wanted.edge.image
    names = ", ".join(other.project for other in others)
    raise Refused(
        f"deploy.edge.image is {wanted.edge.image}, the edge runs {image_in_words(in_force)}, and serves {names}, too",
        hint="take it out of dockworthy.yaml; or decide for all projects of this host, as its administrator: "
        f"dockworthy edge update --image {wanted.edge.image}",
    )


def image_in_words(image: str) -> str:
    return image or "the image made on the host"


def ports(projects: Iterable[ProjectRoutes]) -> Ports:
    """Those that are open for all of them."""
    every = list(projects)
    http = next((each.edge.http for each in every if each.edge.http is not None), None)
    return http, next((each.edge.https for each in every if each.has_tls), None)


def address_of_all(projects: Iterable[ProjectRoutes]) -> str:
    """The address that moves between the hosts of the edge, "" where there is none."""
    return next((each.edge.address for each in projects if each.edge.address), "")


def hosts_of_all(projects: Iterable[ProjectRoutes]) -> tuple[str, ...]:
    """The hosts of the edge, () where no project names any."""
    return next((each.edge.hosts for each in projects if each.edge.hosts), ())


def refuse_foreign(container: Mapping[str, Any] | None, folder: str) -> None:
    """Raises UsageError where the edge that is there belongs to another account's folder: its routes would be lost."""
    mounts = (container or {}).get("Mounts") or ()
    source = next((mount.get("Source", "") for mount in mounts if mount.get("Destination") == SETTINGS), "")
    theirs = source.removesuffix("/settings")
    if source and os.path.realpath(theirs) != os.path.realpath(folder):
        raise UsageError(
            f"the edge of this host is kept in {theirs}, by another account or another DOCKWORTHY_STATE",
            hint=f"deploy all projects of a host by one account; or, to begin again: docker compose -p {PROJECT} down",
        )


_LISTENS = HostScript(__package__, "who_listens.sh")
_PROCESS = re.compile(r"\(\(\"(?P<name>[^\"]+)\",pid=(?P<pid>[0-9]+)")


async def refuse_taken(site: Site, wanted: Ports) -> None:
    """Raises UsageError with the container or the process that has a port."""
    containers = await site.engine.get("/containers/json")
    for port in wanted:
        if port is None:
            continue
        for container in containers:
            ours = (container.get("Labels") or {}).get(COMPOSE_PROJECT) == PROJECT
            published = {each.get("PublicPort") for each in container.get("Ports") or () if each.get("Type") == "tcp"}
            if port in published and not ours:
                name = container["Names"][0].lstrip("/")
                raise _taken(site, port, f"the container {name}", f"docker stop {name}")
        if not _edge_has(containers, port) and (who := await _process(site, port)) is not None:
            # The edge itself may have come back in between: while it is started again it has no ports.
            if not _edge_has(await site.engine.get("/containers/json"), port):
                raise _taken(site, port, *who)


def _edge_has(containers: list[dict[str, object]], port: int) -> bool:
    """The engine itself listens for a container that publishes: that is our own."""
    return any(
        any(each.get("PublicPort") == port for each in container.get("Ports") or ())  # type: ignore[attr-defined]
        for container in containers
    )


async def _process(site: Site, port: int) -> tuple[str, str] | None:
    """Who listens there, and how that is stopped."""
    done = await site.shell.run(_LISTENS.with_arguments(port))
    if not done.output.strip():
        return None
    if (found := _PROCESS.search(done.output)) is None:
        return "a process of the host", f"ss -ltnp 'sport = :{port}' names it"
    return f"{found['name']} (process {found['pid']})", f"stop {found['name']}"


def _taken(site: Site, port: int, who: str, stop: str) -> UsageError:
    return UsageError(
        f"{site.name}: port {port} is taken by {who}",
        hint=f"{stop}; or choose another port in deploy.edge; or keep that one as your edge: `edge: existing`",
    )
