"""How Compose lays one service over another, for `extends`. Source: the Compose specification, merge."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from msgspec import structs

from ...model.field import Source
from .entry import Entry, listed_as_mapping
from .short_forms import target_of_device, target_of_mount

_REPLACED = frozenset({"command", "entrypoint", "test"})
_MAPPINGS = frozenset(
    {"environment", "labels", "annotations", "sysctls", "networks", "args", "extra_hosts", "depends_on"}
)
"""Keys that are written as a list or as a mapping, and are merged by name."""

_BY_TARGET: dict[str, Callable[[Entry], str]] = {"volumes": target_of_mount, "devices": target_of_device}
"""Lists in which the later entry for one path of the container replaces the earlier."""


def merged(base: Entry, own: Entry, key: str = "") -> Entry:
    """`own` over `base`. Both as they are; nothing of them is changed."""
    if own.is_null:
        return base
    if own.tag == "!override" or base.is_null or key in _REPLACED:
        return own
    if key in _MAPPINGS:
        base, own = listed_as_mapping(base), listed_as_mapping(own)
    elif key == "build" and base.is_mapping != own.is_mapping:
        base, own = _build_as_mapping(base), _build_as_mapping(own)
    if base.is_mapping and own.is_mapping:
        return _mappings(base, own, key)
    if base.is_list and own.is_list:
        return Entry(_lists(base.items(), own.items(), key), own.source, key=own.key, inherited=own.inherited)
    return own


def _mappings(base: Entry, own: Entry, key: str) -> Entry:
    if key == "logging" and _differ(base.get("driver"), own.get("driver")):
        return own
    found = dict(base.mapping())
    for name, value in own.mapping().items():
        if value.tag == "!reset":
            found.pop(name, None)
        else:
            found[name] = merged(found[name], value, name) if name in found else value
    return Entry(found, own.source, key=own.key, inherited=own.inherited)


def _build_as_mapping(build: Entry) -> Entry:
    """`build: ./web` is `build: {context: ./web}`, laid over the longer form or below it."""
    if build.is_mapping or build.is_list:
        return build
    context = Entry(build.content, build.source, gap=build.gap, key=build.key, kind=build.kind)
    return build.holding({"context": context})


def _differ(one: Entry | None, other: Entry | None) -> bool:
    return one is not None and other is not None and one.content != other.content


def _lists(base: Iterable[Entry], own: Iterable[Entry], key: str) -> list[Entry]:
    target_of = _BY_TARGET.get(key)
    if target_of is not None:
        return list({target_of(item): item for item in (*base, *own)}.values())
    found = list(base)
    written = {item.content for item in found if isinstance(item.content, str)}
    found += [item for item in own if not (isinstance(item.content, str) and item.content in written)]
    return found


def inherited(entry: Entry, by: Source) -> Entry:
    """A copy that says of every value that it was written elsewhere, and came `by` an `extends`."""
    content = entry.content
    if isinstance(content, dict):
        content = {name: inherited(value, by) for name, value in content.items()}
    elif isinstance(content, list):
        content = [inherited(item, by) for item in content]
    source = entry.source if entry.source.via is not None else structs.replace(entry.source, via=by)
    return Entry(content, source, gap=entry.gap, key=entry.key, tag=entry.tag, inherited=True, kind=entry.kind)


def number_of_values(entry: Entry) -> int:
    content = entry.content
    inner = content.values() if isinstance(content, dict) else content if isinstance(content, list) else ()
    return 1 + sum(number_of_values(value) for value in inner)
