"""Why a service differs from what is wanted: which keys changed since the last release, and what somebody changed by
hand since then. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from msgspec import Struct

from ...model.compose_project import FILE_PARTS, ComposeProject, ComposeService, FilePart
from ...model.release import Release
from ...model.rollout import EDGE_NETWORK, Desired, Running, Task, TaskState
from ..release_history import cut_off
from ..secret_versions import cut_keys, mounted, version_in

_BY_NAME = ("environment", "labels", "networks", "healthcheck", "deploy", "secrets", "configs")
"""Keys of which the names below tell more than the key alone."""
_NAMED = 8
"""Keys in one cause; of more it is said how many."""
GONE = "its network"
"""So the cause of a lost network begins."""


class EarlierReleases(Struct, frozen=True, kw_only=True):
    """What the records tell. `number`: of the release in force. `keys`: service -> the keys of its definition that are
    other ones now. `hashes`: service -> those of all its definitions that any kept record holds. `begun`: services of
    releases since then that ended in the middle. `asks`: what was changed by hand is only overwritten by a person's
    word."""

    number: int
    keys: Mapping[str, tuple[str, ...]] = {}
    hashes: Mapping[str, frozenset[str]] = {}
    begun: frozenset[str] = frozenset()
    asks: bool = True


def earlier(
    releases: Sequence[Release],
    last: Release | None,
    recorded: ComposeProject,
    versions: Mapping[str, str],
    *,
    asks: bool = True,
) -> EarlierReleases | None:
    """`recorded`, `versions`: of what is wanted now, without its secrets. None where no release is in force."""
    if last is None:
        return None
    hashes: dict[str, frozenset[str]] = {}
    for release in releases:
        for name, service in release.services.items():
            hashes[name] = hashes.get(name, frozenset()) | service.hashes
    before = last.spec.services
    keys = {
        name: (
            *_changed(_named(last.spec, before[name]), _named(recorded, definition)),
            *_other_contents(name, recorded, {**last.versions, **dict(mounted(last.spec, [name]))}, versions),
        )
        for name, definition in recorded.services.items()
        if name in before
    }
    begun = frozenset(name for release in cut_off(releases) for name in release.services)
    return EarlierReleases(number=last.number, keys=keys, hashes=hashes, begun=begun, asks=asks)


def by_hand(name: str, tasks: Iterable[Task], known: EarlierReleases | None) -> bool:
    """Runs there what no release made so? Of a service that was never shipped that can't be told."""
    if known is None or name not in known.hashes:
        return False
    return any(task.spec_hash not in known.hashes[name] for task in tasks if task.state is not TaskState.CREATED)


def differences(name: str, tasks: tuple[Task, ...], desired: Desired, known: EarlierReleases | None) -> Iterator[str]:
    """Between what runs and what is wanted, each in a few words."""
    shipped = desired.services[name]
    if name in desired.routed and not all(task.is_found_by(desired.edge_names.get(name)) for task in tasks):
        yield "the edge finds it by a name that others can take: it gets one that nobody can guess"
    if any(task.image_id != shipped.image_id for task in tasks):
        old = next(task.image_id for task in tasks if task.image_id != shipped.image_id)
        yield f"image {_short(old)} -> {shipped.reference} ({_short(shipped.image_id) or 'not pulled yet'})"
    if any(task.spec_hash not in shipped.hashes for task in tasks):
        keys = [key for key in (known.keys.get(name, ()) if known else ()) if key != "image"]
        if keys:
            yield f"its definition changed: {_few(keys)}"
        elif known is None or all(task.image_id == shipped.image_id for task in tasks):
            yield "its definition changed"
    if known is not None and by_hand(name, tasks, known):
        yield f"changed by hand since release {known.number}"


def why_down(task: Task) -> str:
    return f"{task.name} {task.state}" + (f" with status {task.exit_code}" if task.state is TaskState.EXITED else "")


def _changed(before: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[str]:
    """Names alone: a value may be anything, also what nobody should read in a log."""
    for key in sorted({*before, *now} - {"depends_on"}):  # the order is no part of what a container is made from
        old, new = before.get(key), now.get(key)
        if old == new:
            continue
        if key not in _BY_NAME or not isinstance(old or {}, Mapping) or not isinstance(new or {}, Mapping):
            yield key
            continue
        for name in sorted({*(old or {}), *(new or {})}):
            if (old or {}).get(name, ...) != (new or {}).get(name, ...):
                yield f"{key}.{name}"


def _named(spec: ComposeProject, service: ComposeService) -> Mapping[str, Any]:
    """A service with its uses of secrets and configs by their names, without their versions: of those the store
    tells."""

    written = service.to_json()
    for part in FILE_PARTS:
        if part in written:
            written[part] = {_name(spec, part, each.source): each.options for each in service.references(part)}
    return written


def _name(spec: ComposeProject, part: FilePart, source: str) -> str:
    return (version_in(spec, part, source) or (source,))[0]


def _other_contents(
    name: str, spec: ComposeProject, before: Mapping[str, str], now: Mapping[str, str]
) -> Iterator[str]:
    """Secrets and configs that are used as before and hold something else now."""
    service = spec.services[name]
    used = [f"environment.{name}.{each}" for each in service.environment]
    for part in FILE_PARTS:
        used += dict.fromkeys(f"{part}.{_name(spec, part, each.source)}" for each in service.references(part))
    used += [key for key in cut_keys(service) if key not in used]
    for key in used:
        if key in before and before[key] != now.get(key):
            yield f"{_where(key, name)} (its content)"


def lost_networks(name: str, desired: Desired, running: Running) -> tuple[str, ...]:
    """Causes to recreate the service's containers: networks that are gone although they were on them, as a swarm's go
    when its last manager leaves it. Nobody else can remove a network that is in use."""
    tasks = [task for task in running.tasks.get(name, ()) if not task.is_job]
    if desired.spec.services[name].network_mode or not tasks or not running.networks:
        return ()
    gone = sorted({*desired.spec.joined_by(name)} - {*running.networks, EDGE_NETWORK})
    return tuple(f"{GONE} {each} is gone" for each in gone)


def _where(key: str, service: str) -> str:
    """`environment.API_KEY`, or `command` for a value that was cut out of it."""
    if key.startswith("value."):
        return key.split(".")[-2]
    return key.replace(f"environment.{service}.", "environment.")


def _few(keys: Sequence[str]) -> str:
    more = f" and {len(keys) - _NAMED} more" if len(keys) > _NAMED else ""
    return ", ".join(keys[:_NAMED]) + more


def _short(identity: str) -> str:
    return identity.removeprefix("sha256:")[:12]
