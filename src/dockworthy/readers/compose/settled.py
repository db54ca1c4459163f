"""Our own reading beside Compose's: where they differ, Compose's counts, at the place where ours found the value."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import msgspec
from msgspec import Struct, structs

from ...model.field import Set, Source, Unknown, Unset
from ...model.pattern import lazy_pattern
from ...model.workload import Unit

_NOT_COMPARED: Final = frozenset(
    # What names and places a thing, and what no file tells.
    "id kind name dialect source containers volumes engine_paths notes labels annotations role image_id state "
    "processes changed_paths use unclear environment_lines links declared_at".split()
)
_HOST_TELLS: Final = lazy_pattern(r"is missing a value|^env file .* not found")
_SERVICE: Final = lazy_pattern(r"services?[. ]\"?([\w.-]+?)(?=[\". :]|$)")
_SECTIONS: Final = ("volumes", "networks", "secrets", "configs")


def without_project_names(rendering: bytes) -> bytes:
    """Compose gives every volume and network the project's name in front; that is not what the file calls them.

    Raises msgspec.DecodeError where it is no JSON.
    """
    project: dict[str, Any] = msgspec.json.decode(rendering, type=dict[str, Any])
    for section in _SECTIONS:
        for key, member in (project.get(section) or {}).items():
            if isinstance(member, dict) and member.get("name") == f"{project.get('name')}_{key}":
                del member["name"]
    return msgspec.json.encode(project)


def host_tells(says: str) -> bool:
    """Does Compose miss what only the host can tell: a variable that it needs, an env file? That is unknown in ours."""
    return _HOST_TELLS.search(says) is not None


def with_note(units: list[Unit], says: str) -> list[Unit]:
    """What Compose does instead of telling how it reads the project, with the place that it speaks of: our own reading
    was judged."""
    named = _SERVICE.search(says)
    source = next((unit.source for unit in units if named is not None and unit.name == named[1]), None)
    place = units[0].source.where if source is None else f"{source.where}:{source.line}"
    note = f"{place}: the Compose that is installed here {says}"
    return [structs.replace(units[0], notes=(*units[0].notes, note)), *units[1:]]


def settled(own: Unit, theirs: Unit) -> Unit:
    """`own`, with what Compose reads otherwise. What is unknown in ours stays so: Compose takes a variable without a
    value for an empty text, and the host may well set it."""
    mine, other = own.containers[0], theirs.containers[0]
    names: list[str] = []
    unit_changes = _differing(own, theirs, own.source, names)
    changes = _differing(mine, other, mine.source, names, unclear=frozenset(mine.unclear))
    if not names:
        return own
    said = ", ".join(sorted(names)).replace("_", " ")
    note = f"{own.source}: Compose itself reads {said} otherwise: what it reads was judged"
    whole = structs.replace(mine, **changes)
    return structs.replace(own, **unit_changes, containers=(whole, *own.containers[1:]), notes=(*own.notes, note))


def _differing(
    own: Any, theirs: Any, place: Source, names: list[str], *, unclear: frozenset[str] = frozenset()
) -> dict[str, Any]:
    """The members that differ, with Compose's value; the name of each is put into `names`."""
    found: dict[str, Any] = {}
    for name in own.__struct_fields__:
        mine, other = getattr(own, name), getattr(theirs, name)
        if name in _NOT_COMPARED | unclear or isinstance(mine, Unknown) or isinstance(other, Unknown):
            continue
        if isinstance(mine, Struct) and not isinstance(mine, Set | Unset):  # a group of fields
            inner = _differing(mine, other, place, names)
            if inner:
                found[name] = structs.replace(mine, **inner)
        elif _plain(mine) != _plain(other):
            names.append(name)
            found[name] = _placed(other, mine, getattr(mine, "source", None) or place)
    return found


def _plain(value: Any) -> Any:
    """What can be compared: without places; what is empty is as good as what is not written."""
    if isinstance(value, Set):
        return _plain(value.value) or None
    if isinstance(value, Unset | Unknown):
        return None
    if isinstance(value, Struct):
        kept = (name for name in value.__struct_fields__ if name not in _NOT_COMPARED or name == "name")
        return {name: _plain(getattr(value, name)) for name in kept}
    if isinstance(value, Mapping):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    return value


def _placed(value: Any, mine: Any, place: Source) -> Any:
    """Compose's value with places of the file: those of the same member in our reading, else the nearest."""
    if isinstance(value, Source):
        return place
    if isinstance(value, Struct):
        return structs.replace(
            value, **{name: _placed(getattr(value, name), None, place) for name in value.__struct_fields__}
        )
    if isinstance(value, tuple):
        known = mine if isinstance(mine, tuple) else ()
        same = (next((member for member in known if _plain(member) == _plain(other)), None) for other in value)
        return tuple(
            _placed(other, None, place) if found is None else found for other, found in zip(value, same, strict=True)
        )
    return value
