"""dockworthy.yaml: found upward, read strictly: an unknown key is an error with the nearest known name."""

from __future__ import annotations

import difflib
import re
from pathlib import Path
from typing import Any

import msgspec

from ..errors import UnreadableInput
from ..model.demands import DEMANDS
from ..model.policy import ProjectFile
from .yaml_source import Value, documents

NAME = "dockworthy.yaml"
_MOST_BYTES = 1024 * 1024
_AT = re.compile(r" - at `\$(?P<path>.*)`$")
_UNKNOWN = re.compile(r"Object contains unknown field `(?P<field>.*)`")
_NEEDED = re.compile(r"Object missing required field `(?P<field>.*)`")
_WORDS = {
    "Invalid enum value": "no such choice:",
    "Invalid RFC3339 encoded date": "not a day like 2027-03-01",
    " | null": "",
    "`str | array`": "a path or a list of paths",
    "`int`": "a whole number",
    "`str`": "text",
    "`bool`": "true or false",
    "`object`": "a mapping",
    "`array`": "a list",
    "`null`": "nothing",
    "Expected": "expected",
}
"""The library's words -> those of people who write YAML."""


def find_project_file(folder: Path) -> Path | None:
    """The nearest dockworthy.yaml, here or above."""
    here = folder.resolve()
    return next((place / NAME for place in (here, *here.parents) if (place / NAME).is_file()), None)


def read_project_file(path: Path) -> ProjectFile:
    """With the policies that it extends. Raises UnreadableInput with the line for anything that is not understood."""
    from .joined_policy import with_extended

    project, document = parse_document(read_text(path), str(path))
    return with_extended(project, document, path)


def read_text(path: Path) -> str:
    """Raises UnreadableInput."""
    try:
        raw = path.read_bytes()[: _MOST_BYTES + 1]
    except OSError as error:
        raise UnreadableInput(f"can't be read: {error.strerror}", file=str(path)) from error
    if len(raw) > _MOST_BYTES:
        raise UnreadableInput("larger than 1 MiB", file=str(path))
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UnreadableInput("not UTF-8", file=str(path), line=raw.count(b"\n", 0, error.start) + 1) from error


def parse_project_file(text: str, file: str) -> ProjectFile:
    """A text that `file` names in errors, without what it extends."""
    return parse_document(text, file)[0]


def parse_document(text: str, file: str) -> tuple[ProjectFile, Value | None]:
    """The same, with the document that it was made from; None where the text holds none."""
    read = list(documents(text, file))
    if not read:
        return ProjectFile(), None
    if len(read) > 1:
        raise UnreadableInput("more than one document", file=file, line=read[1].line)
    try:
        project = msgspec.convert(read[0].plain(), ProjectFile)
    except msgspec.ValidationError as error:
        raise _explained(str(error), read[0]) from None
    _check_demands(project, read[0])
    return project, read[0]


def _check_demands(project: ProjectFile, document: Value) -> None:
    named = [(f".evidence[{index}].demand", each.demand) for index, each in enumerate(project.evidence)]
    named += [(f".policy.rules[{i}].demand", rule.demand) for i, rule in enumerate(project.policy.rules) if rule.demand]
    for path, demand in named:
        if demand not in DEMANDS:
            raise UnreadableInput(
                f"there is no demand {demand!r}",
                file=document.file,
                line=value_at(document, path).line,
                hint=_nearest(demand, DEMANDS) or "`dockworthy assess` lists them",
            )


def _explained(problem: str, document: Value) -> UnreadableInput:
    at = _AT.search(problem)
    says = problem[: at.start()] if at else problem
    place = value_at(document, at["path"] if at else "")
    path = (at["path"] if at else "").removeprefix(".")
    if unknown := _UNKNOWN.fullmatch(says):
        return _unknown_key(unknown["field"], path, place)
    if needed := _NEEDED.fullmatch(says):
        says = f"`{needed['field']}` is missing"
    for theirs, ours in _WORDS.items():
        says = says.replace(theirs, ours)
    return UnreadableInput(f"{path or 'the file'}: {says}", file=place.file, line=place.line, hint=_choices(path))


def _unknown_key(field: str, path: str, place: Value) -> UnreadableInput:
    inner = place.get(field) or place
    return UnreadableInput(
        f"unknown key {field!r}" + (f" in {path}" if path else ""),
        file=place.file,
        line=inner.line if not (inner.is_mapping or inner.is_sequence) else place.line_of_key(field),
        hint=_nearest(field, _known_keys(path)),
    )


def value_at(document: Value, path: str) -> Value:
    """The value at msgspec's path (`.a.b[0]`, `[...]` for a mapping's values), as far as it can be followed."""
    value = document
    for key, index in re.findall(r"\.([^.\[\]]+)|\[(\d+|\.\.\.)\]", path):
        if key:
            inner = value.get(key) if value.is_mapping else None
        elif index.isdigit() and value.is_sequence:
            inner = value.items()[int(index)]
        else:
            inner = None
        if inner is None:
            break
        value = inner
    return value


def _type_at(path: str) -> Any:
    """The msgspec type information at a path of the file."""
    kind: Any = msgspec.inspect.type_info(ProjectFile)
    for key in re.findall(r"[^.\[\]]+", path):
        if isinstance(kind, msgspec.inspect.StructType):
            kind = next((field.type for field in kind.fields if field.encode_name == key), None)
        elif isinstance(kind, msgspec.inspect.DictType):
            kind = kind.value_type
        elif isinstance(kind, msgspec.inspect.VarTupleType):
            kind = kind.item_type
        if isinstance(kind, msgspec.inspect.UnionType):
            kind = next((each for each in kind.types if not isinstance(each, msgspec.inspect.NoneType)), None)
    return kind


def _known_keys(path: str) -> list[str]:
    kind = _type_at(path)
    return [field.encode_name for field in kind.fields] if isinstance(kind, msgspec.inspect.StructType) else []


def _choices(path: str) -> str:
    kind = _type_at(path)
    if isinstance(kind, msgspec.inspect.EnumType):
        return "one of " + ", ".join(str(member.value) for member in kind.cls)
    return ""


def _nearest(word: str, known: Any) -> str:
    near = difflib.get_close_matches(word, list(known), n=1)
    if near:
        return f"did you mean {near[0]!r}?"
    return "known here: " + ", ".join(known) if known and len(known) < 12 else ""
