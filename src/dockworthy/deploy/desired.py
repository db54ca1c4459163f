"""What is to run: the rendered project with its images pinned and its routed services at the edge. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping

from ..errors import UsageError
from ..model.compose_project import (
    FILE_PARTS,
    ComposeProject,
    ComposeService,
    FileObject,
    FilePart,
    FileReference,
)
from ..model.deploy_settings import DeploySettings
from ..model.rollout import EDGE_NETWORK
from .edge.reserved import EDGE_DEFINITION
from .images import Pinned
from .names import refuse_unknown
from .rendering import Rendered
from .secret_versions import NOT_SHIPPED

_SERVICE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]*")
Versions = Mapping[str, tuple[str, FileObject]]
"""`secrets.NAME` or `configs.NAME` -> its version, and how the project defines that: a file, or a swarm's object."""
NO_VERSIONS: Versions = {}


def shipped_services(rendered: Rendered, settings: DeploySettings) -> tuple[str, ...]:
    """The active ones, and the jobs. Raises UsageError for a job or a route of a service that is not there."""
    services = rendered.spec.services
    named = [("deploy.jobs.before", job) for job in settings.jobs.services_before]
    named += [("deploy.jobs.after", job) for job in settings.jobs.services_after]
    named += [(f"deploy.routes: {route.host}", route.service) for route in settings.routes]
    for where, service in named:
        refuse_unknown(f"{where}: there is no service {service!r}", service, services)
    for name, definition in services.items():
        if not _SERVICE.fullmatch(name):
            raise UsageError(
                f"there is a service called {name!r}, which programs take for an option or a folder",
                hint="a name begins with a letter, a digit or _",
            )
        for hook in ("pre_start", "post_start", "pre_stop"):
            if definition.has(hook):
                raise UsageError(
                    f"{name} has {hook}, which only runs where Compose itself starts or stops the container",
                    hint="do it in the image's entrypoint, or as a job (deploy.jobs)",
                )
    jobs = {*settings.jobs.services_before, *settings.jobs.services_after}
    return tuple(name for name in services if name in rendered.active or name in jobs)


def once_only(rendered: Rendered) -> tuple[str, ...]:
    """Services that others wait for to end: `depends_on: {migrate: {condition: service_completed_successfully}}`."""
    waited_for = {
        name
        for service in rendered.spec.services.values()
        for name, how in service.depends_on.items()
        if how.condition == "service_completed_successfully"
    }
    return tuple(sorted(waited_for))


def references(rendered: Rendered, services: Iterable[str], images: Mapping[str, str]) -> dict[str, str]:
    """Service -> the image that is asked for. `images`: what a person said on the command line, service -> image."""
    written = rendered.spec.services
    return {name: images.get(name) or written[name].image or f"{rendered.project}-{name}" for name in services}


def pinned_spec(
    rendered: Rendered,
    services: Iterable[str],
    settings: DeploySettings,
    pins: Mapping[str, Pinned],
    versions: Versions = NO_VERSIONS,
) -> ComposeProject:
    """The project as it is given to who makes its containers. `pins`: service -> image."""
    routed = {route.service for route in settings.routes} if settings.edge != "existing" else set()
    shipped = {name: _service(name, rendered, pins[name], versions, routed=name in routed) for name in services}
    return ComposeProject.of(
        rendered.project,
        shipped,
        networks={**rendered.spec.networks, **({EDGE_NETWORK: EDGE_DEFINITION} if routed else {})},
        volumes=rendered.spec.volumes,
        secrets=dict(_files("secrets", rendered.spec, versions)),
        configs=dict(_files("configs", rendered.spec, versions)),
    )


def off_edge(spec: ComposeProject, routed: Collection[str]) -> ComposeProject:
    """The same project, its routed services without the edge's network: containers join that when they run."""
    services = {**spec.services}
    for name in routed:
        services[name] = services[name].without_network(EDGE_NETWORK)
    return spec.with_services(services)


def _service(name: str, rendered: Rendered, pin: Pinned, versions: Versions, *, routed: bool) -> ComposeService:
    service = rendered.spec.services[name].without(NOT_SHIPPED).with_image(pin.image).never_pulled()
    for part in FILE_PARTS:
        if uses := service.references(part):
            service = service.with_references(part, [_versioned(part, use, versions) for use in uses])
    if routed:
        if service.network_mode:
            raise UsageError(
                f"deploy.routes: {name} has network_mode {service.network_mode}, so the edge can't reach it",
                hint="give it a network of its own, or publish its port and use `edge: existing`",
            )
        if EDGE_NETWORK in service.networks:
            raise UsageError(
                f"deploy.routes: {name} names the network {EDGE_NETWORK}, which is the edge's own",
                hint="take it out of `networks`: with its route it joins it",
            )
        service = service.with_network(EDGE_NETWORK, [f"{name}.{rendered.project}"])
    return service


def _versioned(part: FilePart, use: FileReference, versions: Versions) -> FileReference:
    """A use of a secret or config by the key of its version, mounted where it was."""
    if (found := versions.get(f"{part}.{use.source}")) is None:
        return use
    return use.to(f"{use.source}-{found[0]}", use.target(part))


def _files(part: FilePart, written: ComposeProject, versions: Versions) -> Iterator[tuple[str, FileObject]]:
    for name, definition in written.files(part).items():
        if (found := versions.get(f"{part}.{name}")) is None:
            yield name, definition
        else:
            version, definition = found
            yield f"{name}-{version}", definition
