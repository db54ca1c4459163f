"""Files of a project as entries: read once, interpolated, bounded."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Final

from ...errors import UnreadableInput
from ...model.field import Source, Unknown
from ..files import FoundFile
from ..yaml_source import Value, documents
from .entry import Entry
from .interpolation import Interpolated, interpolate

_NULL = "tag:yaml.org,2002:null"
_DEEPEST = 40
MOST_VALUES: Final = 500_000
"""A project that holds more is a bomb made of aliases, or of `extends`."""


class Files:
    """The files of one project. `folder` is where relative paths of its first file begin."""

    def __init__(self, variables: Mapping[str, str]) -> None:
        self.variables = variables
        self._folders: dict[str, str] = {}
        self._loaded: dict[str, Entry] = {}
        self._values = 0

    def folder_of(self, source: Source) -> str:
        """The absolute folder of the file in which something stands."""
        return self._folders.get(source.where) or os.path.abspath(os.path.dirname(source.where))

    def take(self, document: Value, folder: str) -> Entry:
        """A document that is read already."""
        self._folders[document.file] = folder
        return self._entry(document, document.source, 0)

    def load(self, path: str, asked_by: Entry) -> Entry:
        """Another file, for what of it is extended."""
        known = os.path.abspath(path)
        if known not in self._loaded:
            self._loaded[known] = self.take(self.document(path, asked_by), os.path.dirname(known))
        return self._loaded[known]

    def document(self, path: str, asked_by: Entry) -> Value:
        """The one document of another file. Raises UnreadableInput, at `asked_by` where the file is not there."""
        name = _name(path)
        found = list(documents(FoundFile(name, path, True).text(), name)) if os.path.exists(path) else []
        if not found or not found[0].is_mapping:
            says = f"{name} is no Compose file" if os.path.exists(path) else f"{name} does not exist"
            raise UnreadableInput(says, file=asked_by.source.where, line=asked_by.source.line)
        return found[0]

    def count(self, number: int, at: Source) -> None:
        """Raises UnreadableInput where the project has grown beyond all sense."""
        self._values += number
        if self._values > MOST_VALUES:
            raise UnreadableInput(f"more than {MOST_VALUES:,} values, aliases counted", file=at.where, line=at.line)

    def _entry(self, value: Value, key: Source, depth: int) -> Entry:
        source = value.source
        self.count(1, source)
        if depth > _DEEPEST:
            raise UnreadableInput("nested too deep", file=value.file, line=value.line)
        tag = value.node.tag if value.node.tag in ("!reset", "!override") else ""
        if value.is_mapping:
            return Entry(self._members(value, depth), source, key=key, tag=tag)
        if value.is_sequence:
            items = [self._entry(item, item.source, depth + 1) for item in value.items()]
            return Entry(items, source, key=key, tag=tag)
        if value.node.tag == _NULL or tag == "!reset":
            return Entry(None, source, key=key, tag=tag)
        return self._scalar(value, source, key, tag)

    def _members(self, mapping: Value, depth: int) -> dict[str, Entry]:
        """A key that came by `<<` stands where its value does."""
        nodes = mapping.keys()
        lines = {name.value: name.start_mark.line + 1 for name, _ in mapping.node.value}
        found = {}
        for name, node in nodes.items():
            path = f"{mapping.path}.{name}" if mapping.path else name
            key = Source(mapping.file, path, lines.get(name, node.start_mark.line + 1))
            found[name] = self._entry(Value(node, mapping.file, path), key, depth + 1)
        return found

    def _scalar(self, value: Value, source: Source, key: Source, tag: str) -> Entry:
        try:
            found = interpolate(value.scalar_text(), self.variables)
            _refuse_what_no_path_can_hold(found.text)
        except ValueError as error:
            raise UnreadableInput(f"{value.path}: {error}", file=value.file, line=value.line) from error
        return Entry(found.text, source, gap=_gap(found, source), key=key, tag=tag)


def _refuse_what_no_path_can_hold(text: str) -> None:
    """Nor can an argument or a variable: neither the engine nor the kernel would take it."""
    if "\0" in text:
        raise ValueError("a zero byte")
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError:
            raise ValueError("half a character (a lone surrogate)") from None


def _gap(found: Interpolated, source: Source) -> Unknown | None:
    if not found.missing:
        return None
    first = found.missing[0]
    demand = f" ({first.demand})" if first.demand else ""
    return Unknown(
        f"the variable {first.name} has no value here{demand}",
        tell=f"set {first.name} in the environment, or in .env beside the file",
        source=source,
    )


def _name(path: str) -> str:
    """As a person here would write it."""
    whole = os.path.abspath(path)
    below = os.path.relpath(whole)
    return whole if below.startswith("..") else below
