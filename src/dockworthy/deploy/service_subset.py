"""`deploy SERVICE...`: those services as their files say now, all others as the last release shipped them. Pure."""

from __future__ import annotations

from collections.abc import Collection

from msgspec import structs

from ..errors import UsageError
from ..model.compose_project import ComposeProject
from ..model.release import Release
from .preparing import Prepared
from .secret_versions import cut_keys, mounted


def only_services(
    prepared: Prepared, services: Collection[str], last: Release | None, last_spec: ComposeProject | None
) -> Prepared:
    """`last_spec`: what the last release shipped, with its secret values. Raises UsageError for a service that is not
    active."""
    desired = prepared.desired
    if unknown := sorted(set(services) - set(desired.services)):
        known = ", ".join(sorted(desired.services))
        says = f"{unknown[0]} belongs to a profile that is not active"
        raise UsageError(says, hint=f"COMPOSE_PROFILES names the active ones; without it there are: {known}")
    chosen = {*services, *desired.jobs_before, *desired.jobs_after}
    kept = {} if last is None else {name: each for name, each in last.services.items() if name not in chosen}
    shipped = {name: each for name, each in desired.services.items() if name in chosen} | kept
    recorded = _joined(prepared.recorded, last.spec if last is not None else None, chosen, kept)
    mine = _uses(recorded.with_services({name: each for name, each in recorded.services.items() if name in chosen}))
    now = {key: version for key, version in prepared.versions.items() if key in mine}
    versions = {**prepared.versions, **(last.versions if last is not None else {}), **now}
    used = _uses(recorded)
    return structs.replace(
        prepared,
        desired=structs.replace(
            desired,
            services=shipped,
            spec=_joined(desired.spec, last_spec, chosen, kept),
            container_names={name: each for name, each in desired.container_names.items() if name in shipped},
            routed=tuple(name for name in desired.routed if name in shipped),
            left=tuple(sorted(set(desired.services) - set(shipped))),
        ),
        recorded=recorded,
        versions={key: version for key, version in versions.items() if key in used},
    )


def _joined(
    new: ComposeProject, old: ComposeProject | None, chosen: Collection[str], kept: Collection[str]
) -> ComposeProject:
    """One project: chosen services of the new one, kept ones of the old; networks, volumes and secrets of both."""
    services = {name: each for name, each in new.services.items() if name in chosen}
    if old is None:
        return new.with_services(services)
    services |= {name: each for name, each in old.services.items() if name in kept}
    return new.with_services(services).beside(old)


def _uses(spec: ComposeProject) -> set[str]:
    """The keys of what services mount, and of values that were cut out of them."""
    return {*(key for key, _ in mounted(spec)), *cut_keys(spec)}
