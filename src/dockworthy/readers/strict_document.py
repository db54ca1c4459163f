"""YAML that people write for dockworthy, read strictly: an unknown key is an error with the nearest known name."""

from __future__ import annotations

import ast
import re
from typing import Any, TypeVar

import msgspec

from ..errors import UnreadableInput
from ..model.deploy_settings import ALLOWED
from ..model.pattern import lazy_pattern
from .yaml_source import Value

T = TypeVar("T")
_AT = lazy_pattern(r" - at (?:`key` in )?`\$(?P<path>.*)`$")
_UNKNOWN = lazy_pattern(r"Object contains unknown field `(?P<field>.*)`")
_NEEDED = lazy_pattern(r"Object missing required field `(?P<field>.*)`")
_PATTERN = lazy_pattern(r"`str` matching regex (?P<pattern>.*)$")
_UNION = lazy_pattern(r"`([a-z]+(?: \| [a-z]+)+)`")
_LENGTH = lazy_pattern(r" of length (?P<bound><=|>=) (?P<number>\d+)")
_BOUNDS = {"<=": "most", ">=": "least"}
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
    " <= ": " of at most ",
    " >= ": " of at least ",
    "Expected": "expected",
}
"""The library's words -> those of people who write YAML."""


def converted(document: Value, kind: type[T]) -> T:
    """The document as that type. Raises UnreadableInput with the line of what does not fit."""
    try:
        return msgspec.convert(document.plain(), kind)
    except msgspec.ValidationError as error:
        raise _explained(str(error), document, kind) from None


def _explained(problem: str, document: Value, kind: Any) -> UnreadableInput:
    at = _AT.search(problem)
    says = problem[: at.start()] if at else problem
    place = value_at(document, at["path"] if at else "")
    path = (at["path"] if at else "").removeprefix(".")
    if unknown := _UNKNOWN.fullmatch(says):
        return _unknown_key(unknown["field"], path, place, kind)
    if needed := _NEEDED.fullmatch(says):
        says = f"`{needed['field']}` is missing"
    says = _in_words(says)
    return UnreadableInput(f"{path or 'the file'}: {says}", file=place.file, line=place.line, hint=_choices(kind, path))


def _in_words(says: str) -> str:
    """What is expected, in words: `expected a duration, as 30s`."""
    if found := _PATTERN.search(says):
        pattern = ast.literal_eval(found["pattern"])
        says = says[: found.start()] + (ALLOWED.get(pattern) or f"text that matches {pattern}")
    unit = "entries" if "`array`" in says else "characters"
    says = _LENGTH.sub(lambda length: f" of at {_BOUNDS[length['bound']]} {length['number']} {unit}", says)
    says = says.replace(" 1 entries", " one entry").replace(" 1 characters", " one character")
    for theirs, ours in _WORDS.items():
        says = says.replace(theirs, ours)
    return _UNION.sub(lambda union: " or ".join(_WORDS.get(f"`{each}`", each) for each in union[1].split(" | ")), says)


def _unknown_key(field: str, path: str, place: Value, kind: Any) -> UnreadableInput:
    inner = place.get(field) or place
    return UnreadableInput(
        f"unknown key {field!r}" + (f" in {path}" if path else ""),
        file=place.file,
        line=inner.line if not (inner.is_mapping or inner.is_sequence) else place.line_of_key(field),
        hint=nearest(field, _known_keys(kind, path)),
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


def _type_at(kind: Any, path: str) -> Any:
    """The msgspec type information at a path of the document."""
    kind = msgspec.inspect.type_info(kind)
    for key in re.findall(r"[^.\[\]]+", path):
        if isinstance(kind, msgspec.inspect.Metadata):
            kind = kind.type
        if isinstance(kind, msgspec.inspect.StructType):
            kind = next((field.type for field in kind.fields if field.encode_name == key), None)
        elif isinstance(kind, msgspec.inspect.DictType):
            kind = kind.value_type
        elif isinstance(kind, msgspec.inspect.VarTupleType):
            kind = kind.item_type
        if isinstance(kind, msgspec.inspect.UnionType):
            kind = next((each for each in kind.types if not isinstance(each, msgspec.inspect.NoneType)), None)
    return kind


def _known_keys(kind: Any, path: str) -> list[str]:
    here = _type_at(kind, path)
    return [field.encode_name for field in here.fields] if isinstance(here, msgspec.inspect.StructType) else []


def _choices(kind: Any, path: str) -> str:
    here = _type_at(kind, path)
    if isinstance(here, msgspec.inspect.EnumType):
        return "one of " + ", ".join(str(member.value) for member in here.cls)
    return ""


def nearest(word: str, known: Any) -> str:
    import difflib  # costs as much as the rest of the reading, and is seldom needed

    near = difflib.get_close_matches(word, list(known), n=1)
    if near:
        return f"did you mean {near[0]!r}?"
    return "known here: " + ", ".join(known) if known and len(known) < 12 else ""
