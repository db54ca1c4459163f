"""What a control is called, today and before: whoever reads an id that a person or a saved file names asks here.

An id is a field of its control and is never given to another one. After a rename the old id is one of the control's
`aliases`, and counts wherever the new one does. The id of a control that is no more stands in `RETIRED`.
"""

from __future__ import annotations

from collections.abc import Iterable

from .control_index import FORMER, MODULES
from .pattern import lazy_pattern

CHAPTERS = (
    "workload",
    "build",
    "access",
    "file",
    "policy",
    "image",
    "network",
    "volume",
    "engine",
    "host",
    "machine",
    "cluster",
)
"""What an id begins with, in the order a reader would want them."""

RETIRED: dict[str, str] = {
    "host/docker-user-chain": "machine/port-behind-firewall",
}
"""Id of a control that is no more -> what has replaced it: the id of another control, or a sentence without its full
stop. Nothing is ever taken out of it."""

_FORM = lazy_pattern(rf"(?:{'|'.join(CHAPTERS)})/[a-z0-9]+(?:-[a-z0-9]+)*")


def is_well_formed(id: str) -> bool:
    """`workload/privileged`: a chapter, and words of a-z and 0-9 joined by -."""
    return _FORM.fullmatch(id) is not None


def control_ids() -> frozenset[str]:
    """The id of every control that dockworthy brings, without the cost of importing them."""
    return frozenset(id for modules in MODULES.values() for id in modules)


def id_of_today(id: str) -> str:
    """The id of the control that had this one; any other id as it is."""
    return FORMER.get(id, id)


def earlier_ids(id: str) -> list[str]:
    """What the control was called before, the oldest first."""
    return [old for old, now in FORMER.items() if now == id]


def first_id(id: str) -> str:
    """What the control was called first: by it other programs know a finding again after a rename."""
    return next(iter(earlier_ids(id)), id)


def replacement(id: str) -> str:
    """What has replaced a control that is no more, as a clause; empty for an id that was not retired."""
    instead = RETIRED.get(id, "")
    return f"{instead} has replaced it" if is_well_formed(instead) else instead


def no_such_control(id: str, known: Iterable[str] = ()) -> str:
    """`there is no control 'workload/privilege'; did you mean workload/privileged?`, with the nearest of the `known`
    ids; of a retired one what has replaced it."""
    if instead := replacement(id):
        return f"there is no control {id!r} any more: {instead}"
    import difflib

    near = difflib.get_close_matches(id, list(known), n=1)
    return f"there is no control {id!r}{f'; did you mean {near[0]}?' if near else ''}"
