"""Files of a project as entries: read once, interpolated, bounded.

Also which files Compose itself would read for a project: about somebody else's it is asked only where all of them are
the checkout's. They are looked for in the files as they are written, also in what our own reading leaves out: Compose
opens an env file before it finds that nobody needs it. Source: compose-go, loader (2.x).
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from typing import Final

import yaml
from msgspec import structs

from ...errors import UnreadableInput
from ...input_files import exists, refusal
from ...model.field import Source, Unknown
from ...model.hidden import IS_HIDDEN
from ...model.pattern import lazy_pattern
from ..files import FoundFile
from ..yaml_source import MERGE_KEY, Value, documents
from .entry import ComposeEntry, Content
from .variables import FROM_ENVIRONMENT, Interpolated, Variables, as_written_here, interpolate

_NULL = "tag:yaml.org,2002:null"
_BOOLEAN = "tag:yaml.org,2002:bool"
_NUMBERS = ("tag:yaml.org,2002:int", "tag:yaml.org,2002:float")
_NUMBER = lazy_pattern(r"[-+]?(?:\d+|\d+\.\d*|\.\d+)")
_DEEPEST = 40
MOST_VALUES: Final = 500_000
"""A project that holds more is a bomb made of aliases, or of `extends`."""
MOST_PROJECTS: Final = 500
"""A project that includes more, each as often as it is included, is a bomb as well: 15 small files that include one
another are 16,384 projects."""


class Budget:
    """The values of a project with all that it includes, counted: one that is included a thousand times counts so."""

    def __init__(self) -> None:
        self.values = 0
        self.projects = 0


class ComposeFiles:
    """The files of one project. `folder` is where relative paths of its first file begin; `reach` hears of each.
    `budget` is what including projects have counted already, `top` the folder of the one that includes them all."""

    def __init__(
        self,
        variables: Variables,
        folder: str,
        reach: Reach | None = None,
        budget: Budget | None = None,
        top: str = "",
    ) -> None:
        self.variables = variables
        self._folder = folder
        self.top = top or folder
        self._reach = reach
        self._folders: dict[str, str] = {}
        self._loaded: dict[str, list[ComposeEntry]] = {}
        self.budget = Budget() if budget is None else budget

    def folder_of(self, source: Source) -> str:
        """The absolute folder of the file in which something stands."""
        return self._folders.get(source.where) or os.path.abspath(os.path.dirname(source.where))

    def take(self, document: Value, folder: str) -> ComposeEntry:
        """A document that is read already."""
        self._folders[document.file] = folder
        if self._reach is not None:
            self._reach.takes(document, {folder, self._folder})
        return self._entry(document, document.source, 0)

    def load(self, path: str, asked_by: ComposeEntry) -> list[ComposeEntry]:
        """The documents of another file, for what of it is extended: the same list each time."""
        known = os.path.abspath(path)
        if known not in self._loaded:
            found = self.documents(path, asked_by)
            self._loaded[known] = [self.take(document, os.path.dirname(known)) for document in found]
        return self._loaded[known]

    def documents(self, path: str, asked_by: ComposeEntry) -> list[Value]:
        """Those of another file, of which Compose lays each over those before it. Raises UnreadableInput, at `asked_by`
        where the file is not there."""
        name = as_written_here(path)
        if why := refusal(path):
            raise UnreadableInput(f"{name}: {why}", file=asked_by.source.where, line=asked_by.source.line)
        found = list(documents(FoundFile(name, path, True).text(), name)) if exists(path) else []
        if not found or not all(document.is_mapping for document in found):
            says = f"{name} is no Compose file" if exists(path) else f"{name} does not exist"
            raise UnreadableInput(says, file=asked_by.source.where, line=asked_by.source.line)
        return found

    def count(self, number: int, at: Source) -> None:
        """Raises UnreadableInput where the project has grown beyond all sense."""
        self.budget.values += number
        if self.budget.values > MOST_VALUES:
            raise UnreadableInput(f"more than {MOST_VALUES:,} values, aliases counted", file=at.where, line=at.line)

    def count_project(self, at: Source) -> None:
        """The same for one that is included."""
        self.budget.projects += 1
        if self.budget.projects > MOST_PROJECTS:
            says = f"more than {MOST_PROJECTS} projects are included, each counted as often as that is done"
            raise UnreadableInput(says, file=at.where, line=at.line)

    def _entry(self, value: Value, key: Source, depth: int, via: Source | None = None) -> ComposeEntry:
        """`via`: the alias or `<<` by which this came here; it stands where it was written all the same."""
        source = value.source if via is None else structs.replace(value.source, via=via)
        self.count(1, source)
        if depth > _DEEPEST:
            raise UnreadableInput("nested too deep", file=value.file, line=value.line)
        tag = value.node.tag if value.node.tag in ("!reset", "!override") else ""
        content: Content
        if value.is_mapping:
            content = self._members(value, depth, via)
        elif value.is_sequence:
            content = [
                self._entry(item, item.source, depth + 1, via or _alias(item, value.node, value.source))
                for item in value.items()
            ]
        elif value.node.tag == _NULL or tag == "!reset":
            content = None
        else:
            return self._scalar(value, source, key, tag)
        return ComposeEntry(content, source, key=key, tag=tag, inherited=via is not None)

    def _members(self, mapping: Value, depth: int, via: Source | None) -> dict[str, ComposeEntry]:
        """A key that came by `<<` stands where its value does."""
        nodes = mapping.keys()
        own = {name.value: name for name, _ in mapping.node.value}
        found = {}
        for name, node in nodes.items():
            path = f"{mapping.path}.{name}" if mapping.path else name
            written = own.get(name)
            key = Source(mapping.file, path, (node if written is None else written).start_mark.line + 1)
            value = Value(node, mapping.file, path)
            link = via or (_merge(mapping, path) if written is None else _alias(value, written, key))
            found[name] = self._entry(value, key, depth + 1, link)
        return found

    def _scalar(self, value: Value, source: Source, key: Source, tag: str) -> ComposeEntry:
        try:
            found = interpolate(value.scalar_text(), self.variables.values, self.variables.hidden)
            if "$" in value.scalar_text():
                self.variables.growth.add(found.text)
            _refuse_what_no_path_can_hold(found.text)
        except ValueError as error:
            raise UnreadableInput(f"{value.path}: {error}", file=value.file, line=value.line) from error
        inherited = source.via is not None
        places = self.variables.places
        given = next((places[name] for name in found.used if name in places), None)
        if given is not None:
            source = structs.replace(source, via=given)
        kind = _kind(value.node)
        return ComposeEntry(
            found.text, source, gap=_gap(found, source), key=key, tag=tag, inherited=inherited, kind=kind
        )


def _kind(node: yaml.Node) -> str:
    """By YAML 1.2, as Compose reads it: there `yes` and `12:30` are texts."""
    if isinstance(node, yaml.ScalarNode) and not node.style:
        if node.tag == _BOOLEAN and node.value.lower() in ("true", "false"):
            return "truth value"
        if node.tag in _NUMBERS and _NUMBER.fullmatch(node.value):
            return "number"
    return ""


def _alias(value: Value, before: yaml.Node, here: Source) -> Source | None:
    """`here`, where the value is an alias: then it was written before what it is the value of."""
    return here if value.node.start_mark.index < before.start_mark.index else None


def _merge(mapping: Value, path: str) -> Source:
    """The `<<` of a mapping."""
    marks = (name.start_mark for name, _ in mapping.node.value if name.tag == MERGE_KEY)
    return Source(mapping.file, path, next((mark.line + 1 for mark in marks), mapping.line))


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
    if first.hidden:
        return hidden_value(f"{first.name}:+..." if first.instead else first.name, first.hidden, source)
    demand = f" ({first.demand})" if first.demand else ""
    decides = f", which decides whether ${{{first.name}:+...}} is empty" if first.instead else ""
    return Unknown(
        f"the variable {first.name} has no value here{demand}{decides}",
        tell=f"set {first.name} in .env beside the file, or in the environment with --trust-environment",
        source=source,
    )


def hidden_value(name: str, why: str, source: Source) -> Unknown:
    """Somebody else's file asks for a value that it may not have."""
    tell = "`--trust-environment` hands it out; only to files that you trust" if why == FROM_ENVIRONMENT else ""
    return Unknown(f"${{{name}}} {IS_HIDDEN} {why}", tell=tell, source=source)


_SETS_PROGRAM: Final = lazy_pattern(
    r"(?:COMPOSE|DOCKER|BUILDKIT|BUILDX|OTEL|SSH|GIT|HTTPS?|ALL|NO|LD|SSL|XDG)_.*|HOME|PATH"
)
_HARMLESS: Final = frozenset({"COMPOSE_FILE", "COMPOSE_PATH_SEPARATOR", "COMPOSE_PROJECT_NAME", "COMPOSE_PROFILES"})
"""What the program is given on its command line, or what only picks services."""


class Reach:
    """Gathers every document of a project with the folders from which its paths may be meant."""

    def __init__(self) -> None:
        self._documents: list[tuple[Value, frozenset[str]]] = []

    def takes(self, document: Value, folders: Iterable[str]) -> None:
        self._documents.append((document, frozenset(folders)))

    def leads_out(self, variables: Variables) -> str:
        """Why Compose can't be asked; "" where it would read nothing but the checkout. `variables`: with those of
        `.env`, which Compose takes for settings of its own, too."""
        setting = next(
            (name for name in variables.places if _SETS_PROGRAM.fullmatch(name) and name not in _HARMLESS), ""
        )
        if setting:
            return f".env sets {setting}"
        if variables.unread:
            return variables.unread
        for document, folders in self._documents:
            for path in _paths(document):
                if "$" in path:
                    return f"it names {path}, which a variable decides"
                why = next(filter(None, (refusal(os.path.join(folder, path)) for folder in sorted(folders))), "")
                if why or path.startswith("~"):
                    return f"it names {path}: {why or 'it is in the home'}"
        return ""


def _paths(document: Value) -> Iterator[str]:
    """Of files, and of folders whose `.env` is read."""
    services = document.get("services") if document.is_mapping else None
    for _, service in services.entries() if services is not None and services.is_mapping else ():
        if service.is_mapping:
            for key in ("env_file", "label_file"):
                yield from _texts(service.get(key))
            extends = service.get("extends")
            yield from _texts(extends.get("file") if extends is not None and extends.is_mapping else None)
    include = document.get("include") if document.is_mapping else None
    for entry in include.items() if include is not None and include.is_sequence else ():
        if not entry.is_mapping:
            yield from _texts(entry)
            continue
        for key in ("path", "env_file"):
            yield from _texts(entry.get(key))
        for folder in _texts(entry.get("project_directory")):
            yield os.path.join(folder, ".env")
        for path in _texts(entry.get("path")):
            yield os.path.join(os.path.dirname(path), ".env")
    for section in ("secrets", "configs"):
        declared = document.get(section) if document.is_mapping else None
        for _, member in declared.entries() if declared is not None and declared.is_mapping else ():
            yield from _texts(member.get("file") if member.is_mapping else None)


def _texts(value: Value | None) -> Iterator[str]:
    if value is None:
        return
    if value.is_sequence:
        for item in value.items():
            yield from _texts(item)
    elif value.is_mapping:
        yield from _texts(value.get("path"))
    else:
        yield value.scalar_text()
