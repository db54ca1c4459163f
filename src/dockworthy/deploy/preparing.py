"""From the person's files, or from a release's record, to what is to run: as Compose reads it, with its images,
secrets and the hashes by which its tasks are known.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Collection, Mapping

import msgspec
from msgspec import Struct, structs

from ..engine.site import Site
from ..errors import UsageError
from ..model.compose_project import FILE_PARTS, ComposeProject
from ..model.deploy_settings import DeploySettings
from ..model.release import Release, ShippedService
from ..model.rollout import Desired
from ..readers.image_facts import KnownImage
from .compose_command import ComposeCommand
from .desired import once_only, pinned_spec, shipped_services
from .edge.external_proxy import leaving_of
from .images import pinned_images, pulled_again
from .names import refuse_strange_names
from .options import DeployOptions
from .pinning import FoundImages, pins_of
from .rendering import Rendered, compose_files, render
from .secret_versions import SecretContent, contents, cut, cut_keys, mounted, restored
from .store import ReleaseStore
from .targets.provisioner import Maker


async def hashes_of(
    maker: Maker,
    rendered: Rendered,
    spec: ComposeProject,
    off_edge: ComposeProject,
    with_other_contents: Collection[str],
) -> tuple[Mapping[str, str], dict[str, set[str]]]:
    """Service -> its hash, and those that say the same: of the definition before it had a route, and, where nothing
    that it mounts changed since the last release, of the person's own file."""
    if not maker.adopts:
        return await maker.hashes_of(spec), {name: set() for name in spec.services}
    if off_edge == spec:
        hashes = without = await maker.hashes_of(spec)
    else:
        hashes, without = await asyncio.gather(maker.hashes_of(spec), maker.hashes_of(off_edge))
    return hashes, {
        name: {without[name]} if name in with_other_contents else {without[name], rendered.hashes[name]}
        for name in spec.services
    }


def with_other_contents(rendered: Rendered, versions: Mapping[str, str], last: Release | None) -> frozenset[str]:
    """The services whose secrets or configs hold something else now. Compose's hash says nothing of a content: that it
    is another one only the last release tells."""
    if last is None:
        return frozenset()
    return frozenset(
        name
        for name, service in rendered.spec.services.items()
        for before in ({**last.versions, **dict(mounted(last.spec, [name]))},)
        for part in FILE_PARTS
        for use in service.references(part)
        if before.get(f"{part}.{use.source}") != versions.get(f"{part}.{use.source}")
    )


class Prepared(Struct, frozen=True, kw_only=True):
    """`desired` may hold secret values; `recorded` is the same project without them. `versions`: key -> version."""

    desired: Desired
    recorded: ComposeProject
    versions: dict[str, str]
    settings: DeploySettings
    checked_by_image: tuple[str, ...] = ()
    """Services whose image brings a health check."""
    not_here: tuple[str, ...] = ()
    """Services whose image a dry run did not pull."""
    images: dict[str, KnownImage] = {}
    """Service -> what is known of its image."""
    notes: tuple[str, ...] = ()
    """On where it can run, for the plan."""
    unstored: tuple[SecretContent, ...] = ()
    """Contents whose versions were foreseen and are to be stored before anything starts."""


@contextlib.asynccontextmanager
async def project_being_read(asked: DeployOptions) -> AsyncIterator[asyncio.Task[Rendered]]:
    """`read_project`, while its engine is reached: Compose asks none for it."""
    reading = asyncio.create_task(read_project(asked))
    try:
        yield reading
    finally:
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)


async def read_project(asked: DeployOptions) -> Rendered:
    """Raises UsageError, also for a Compose that is missing or too old and for a name on the command line that the
    project does not have, and UnreadableInput with Compose's own words."""
    compose = ComposeCommand("", str(asked.folder))
    files = compose_files(asked.folder, asked.settings)
    fit, rendered = await asyncio.gather(
        compose.needs_version(),
        render(compose, files, asked.folder, project=asked.settings.project),
        return_exceptions=True,
    )
    if isinstance(fit, BaseException):
        raise fit
    if isinstance(rendered, BaseException):
        raise rendered
    jobs = (*asked.settings.jobs.services_before, *asked.settings.jobs.services_after)
    refuse_strange_names(
        rendered.spec,
        shipped=shipped_services(rendered, asked.settings),
        services=asked.services,
        images=asked.images,
        accepted=asked.accept,
        always=(*jobs, *once_only(rendered)),
    )
    return rendered


async def prepare(
    asked: DeployOptions,
    rendered: Rendered,
    images: FoundImages,
    site: Site,
    compose: ComposeCommand,
    store: ReleaseStore,
    last: Release | None,
    maker: Maker,
) -> Prepared:
    """Resolves images, foresees versions, and lets `maker` say the hashes. Changes nothing but what it pulls, and a dry
    run pulls nothing.

    `last`: the release in force. Raises UsageError for an image that is not there and can't be pulled.
    """
    settings = asked.settings
    services, written = images.services, images.written
    maker.refuse(rendered.spec, services, rendered.files)
    fitted, notes = await maker.fitted(rendered.spec)
    rendered = structs.replace(rendered, spec=fitted)
    pins = await pins_of(asked, rendered, images, site, compose)
    own, values = cut(rendered.spec)
    stored = [*contents(rendered.spec), *values]
    versions = {
        each.key: await store.foreseen_version(
            each.key, each.content, mode=each.mode, owner=each.owner, making_key=not asked.dry_run
        )
        for each in stored
    }
    named = {key: (version, store.definition_of(key, version)) for key, version in versions.items()}
    spec = pinned_spec(rendered, services, settings, pins, named)
    recorded = pinned_spec(structs.replace(rendered, spec=own), services, settings, pins, named)
    off_edge = pinned_spec(rendered, services, structs.replace(settings, routes=()), pins, named)
    hashes, equal = await hashes_of(maker, rendered, spec, off_edge, with_other_contents(rendered, versions, last))
    shipped = {
        name: ShippedService(
            reference=written[name],
            image=pins[name].image,
            image_id=pins[name].id,
            spec_hash=hashes[name],
            equal_hashes=tuple(sorted(equal[name] - {hashes[name]})),
            replicas=rendered.spec.services[name].replicas,
        )
        for name in services
    }
    first = (*settings.jobs.services_before, *(job for job in once_only(rendered) if job in services))
    jobs = tuple(dict.fromkeys(first)), settings.jobs.services_after
    names = {name: each for name in services if (each := rendered.spec.services[name].container_name)}
    return Prepared(
        desired=desired_of(rendered.project, spec, shipped, settings, names, jobs),
        recorded=recorded,
        versions=versions,
        settings=settings,
        checked_by_image=tuple(name for name in services if pins[name].has_health_check),
        not_here=tuple(name for name in services if not pins[name].is_here),
        images={name: KnownImage(written[name], facts) for name in services if (facts := pins[name].facts) is not None},
        notes=notes,
        unstored=tuple(stored),
    )


def without_jobs(prepared: Prepared) -> Prepared:
    """For a rollback: without jobs, but for those that `on_rollback` names."""
    desired = prepared.desired
    every = dict.fromkeys((*desired.jobs_before, *desired.jobs_after))
    idle = tuple(job for job in every if job not in prepared.settings.jobs.on_rollback)
    return structs.replace(prepared, desired=structs.replace(desired, jobs_idle=idle))


async def prepared_from(release: Release, site: Site, store: ReleaseStore) -> Prepared:
    """What a release shipped, again; images that are gone are pulled, by digest. Raises EngineError where a registry
    does not give one, UsageError where images or secrets are gone for good."""
    settings = msgspec.convert(release.settings, DeploySettings)
    values = {key: await _value(key, release, site, store) for key in cut_keys(release.spec)}
    pins = await pinned_images(site.engine, [each.image for each in release.services.values()])
    pins |= await pulled_again(site.engine, [image for image, pin in pins.items() if pin is None and "@" in image])
    for name, service in release.services.items():
        if pins[service.image] is None:
            raise UsageError(
                f"release {release.number} needs {service.reference} ({service.image}) for {name}, and that image is "
                f"no longer on {site.name}",
                hint="load it again: docker load",
            )
    jobs = (release.jobs_before, release.jobs_after)
    spec = restored(release.spec, values)
    desired = desired_of(release.project, spec, release.services, settings, release.container_names, jobs)
    desired = structs.replace(desired, left=release.left)
    return Prepared(desired=desired, recorded=release.spec, versions=release.versions, settings=settings)


def desired_of(
    project: str,
    spec: ComposeProject,
    services: dict[str, ShippedService],
    settings: DeploySettings,
    names: dict[str, str],
    jobs: tuple[tuple[str, ...], tuple[str, ...]],
) -> Desired:
    routed = () if settings.edge == "existing" else tuple(sorted({route.service for route in settings.routes}))
    return Desired(
        project=project,
        spec=spec,
        services=services,
        container_names=names,
        routed=routed,
        leaving=leaving_of(settings),
        jobs_before=jobs[0],
        jobs_after=jobs[1],
    )


async def _value(key: str, release: Release, site: Site, store: ReleaseStore) -> str:
    found = await store.kept_version(key, release.versions[key])
    if found is None:
        raise UsageError(f"release {release.number} needs a value of {key} that is no longer on {site.name}")
    return found
