"""A service made of several files: `extends`, and files that are laid over others, with the keys that Compose merges
in ways of their own. Source: the Compose specification, merge; compose-go, override.
"""

from __future__ import annotations

import os
import posixpath
import re
from collections.abc import Callable, Iterable
from functools import reduce
from typing import Final

from msgspec import structs

from ...errors import UnreadableInput
from ...model.field import Source
from .entry import ComposeEntry, listed_as_mapping
from .loading import ComposeFiles

_DRIVE = re.compile(r"[^\W\d_]:")
"""Compose takes one letter before a colon for a drive of Windows, also the volume `v` in `v:/data`."""


def parts_of(text: str) -> list[str]:
    """At the colons, but for those of a drive (`C:\\data:/data`)."""
    drive = text[:2] if _DRIVE.match(text) else ""
    first, *others = text[len(drive) :].split(":")
    return [drive + first, *others]


def is_drive(text: str) -> bool:
    return _DRIVE.match(text) is not None


def target_of_mount(entry: ComposeEntry) -> str:
    """The path inside the container."""
    if entry.is_mapping:
        return cleaned(entry.word("target"))
    parts = parts_of(entry.text())
    return cleaned(parts[0] if len(parts) == 1 else parts[1])


def cleaned(path: str) -> str:
    """Without a slash at its end, doubled slashes and `..`, as Compose hands it on."""
    return posixpath.normpath(path) if path.startswith("/") else path


def target_of_device(entry: ComposeEntry) -> str:
    if entry.is_mapping:
        return entry.word("target") or entry.word("source")
    parts = entry.text().split(":")
    return parts[1] if len(parts) > 1 and parts[1].startswith("/") else parts[0]


_REPLACED = frozenset({"command", "entrypoint", "test"})
_MAPPINGS = frozenset(
    {"environment", "labels", "annotations", "sysctls", "networks", "args", "extra_hosts", "depends_on"}
)
"""Keys that are written as a list or as a mapping, and are merged by name."""

_BY_TARGET: dict[str, Callable[[ComposeEntry], str]] = {"volumes": target_of_mount, "devices": target_of_device}
"""Lists in which the later entry for one path of the container replaces the earlier."""


def merged(base: ComposeEntry, own: ComposeEntry, key: str = "") -> ComposeEntry:
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
        return ComposeEntry(_lists(base.items(), own.items(), key), own.source, key=own.key, inherited=own.inherited)
    return own


def _mappings(base: ComposeEntry, own: ComposeEntry, key: str) -> ComposeEntry:
    if key == "logging" and _differ(base.get("driver"), own.get("driver")):
        return own
    found = dict(base.mapping())
    for name, value in own.mapping().items():
        if value.tag == "!reset":
            found.pop(name, None)
        else:
            found[name] = merged(found[name], value, name) if name in found else value
    return ComposeEntry(found, own.source, key=own.key, inherited=own.inherited)


def _build_as_mapping(build: ComposeEntry) -> ComposeEntry:
    """`build: ./web` is `build: {context: ./web}`, laid over the longer form or below it."""
    if build.is_mapping or build.is_list:
        return build
    context = ComposeEntry(build.content, build.source, gap=build.gap, key=build.key, kind=build.kind)
    return build.holding({"context": context})


def _differ(one: ComposeEntry | None, other: ComposeEntry | None) -> bool:
    return one is not None and other is not None and one.content != other.content


def _lists(base: Iterable[ComposeEntry], own: Iterable[ComposeEntry], key: str) -> list[ComposeEntry]:
    target_of = _BY_TARGET.get(key)
    if target_of is not None:
        return list({target_of(item): item for item in (*base, *own)}.values())
    found = list(base)
    written = {item.content for item in found if isinstance(item.content, str)}
    found += [item for item in own if not (isinstance(item.content, str) and item.content in written)]
    return found


def inherited(entry: ComposeEntry, by: Source) -> ComposeEntry:
    """A copy that says of every value that it was written elsewhere, and came `by` an `extends`."""
    content = entry.content
    if isinstance(content, dict):
        content = {name: inherited(value, by) for name, value in content.items()}
    elif isinstance(content, list):
        content = [inherited(item, by) for item in content]
    source = entry.source if entry.source.via is not None else structs.replace(entry.source, via=by)
    return ComposeEntry(content, source, gap=entry.gap, key=entry.key, tag=entry.tag, inherited=True, kind=entry.kind)


def number_of_values(entry: ComposeEntry) -> int:
    content = entry.content
    inner = content.values() if isinstance(content, dict) else content if isinstance(content, list) else ()
    return 1 + sum(number_of_values(value) for value in inner)


DEEPEST: Final = 32


class Extending:
    """Services with all that they inherit; each is worked out once."""

    def __init__(self, files: ComposeFiles) -> None:
        self._files = files
        self._done: dict[tuple[str, str], ComposeEntry] = {}
        self._laid: dict[int, ComposeEntry] = {}

    def whole(self, document: ComposeEntry, name: str, under_way: tuple[ComposeEntry, ...] = ()) -> ComposeEntry:
        """The service `name` of a file. Raises UnreadableInput for a circle, with both places."""
        known = (document.source.where, name)
        if known not in self._done:
            service = document.mapping()["services"].mapping()[name]
            extends = service.get("extends") if service.is_mapping else None
            self._done[known] = service if extends is None else self._over(document, service, extends, under_way)
        return self._done[known]

    def _over(
        self, document: ComposeEntry, service: ComposeEntry, extends: ComposeEntry, under_way: tuple[ComposeEntry, ...]
    ) -> ComposeEntry:
        for earlier in under_way:
            if earlier is extends:
                last = under_way[-1].source
                says = f"`extends` goes in a circle: {earlier.source} comes back to itself by {last}"
                raise UnreadableInput(says, file=extends.source.where, line=extends.source.line)
        if len(under_way) > DEEPEST:
            says = f"`extends` goes more than {DEEPEST} services deep"
            raise UnreadableInput(says, file=extends.source.where, line=extends.source.line)
        base = self._base(document, extends, (*under_way, extends))
        self._files.count(number_of_values(base), extends.source)
        own = ComposeEntry(
            {key: value for key, value in service.mapping().items() if key != "extends"},
            service.source,
            key=service.key,
        )
        return merged(inherited(base, extends.source), own)

    def _base(self, document: ComposeEntry, extends: ComposeEntry, under_way: tuple[ComposeEntry, ...]) -> ComposeEntry:
        if extends.gap is not None:
            raise UnreadableInput(
                extends.gap.reason, file=extends.source.where, line=extends.source.line, hint=extends.gap.tell
            )
        named = extends.word("service") if extends.is_mapping else extends.text()
        file = extends.get("file") if extends.is_mapping else None
        if file is not None:
            path = os.path.join(self._files.folder_of(file.source), file.text())
            document = self._laid_together(self._files.load(path, file))
        services = document.get("services")
        if services is None or services.get(named) is None:
            says = f"{document.source.where} has no service {named!r} to extend"
            raise UnreadableInput(says, file=extends.source.where, line=extends.source.line)
        return self.whole(document, named, under_way)

    def _laid_together(self, documents: list[ComposeEntry]) -> ComposeEntry:
        """A file of several documents, each laid over those before it. By the list, which the files keep."""
        if id(documents) not in self._laid:
            self._laid[id(documents)] = reduce(merged, documents)
        return self._laid[id(documents)]
