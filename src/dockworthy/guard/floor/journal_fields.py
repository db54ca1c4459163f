"""What a container's log options would write into the host's journal as if somebody else had said it.

The driver `journald` adds a field for each label and variable that its options name, and they replace its own: which
container wrote a line, which program, of which unit. `journalctl -u` believes some of them of root, as whom the
engine writes. Source: Engine 26.1, daemon/logger/journald/journald.go (sanitizeKeyMod); systemd.journal-fields(7),
journalctl(1), `--unit`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from ..decision import Refusal, refused

_DRIVER = "journald"
_OWN = frozenset("MESSAGE PRIORITY IMAGE_NAME ERRNO TID UNIT USER_UNIT DOCUMENTATION".split())
_FAMILIES = ("CONTAINER_", "SYSLOG_", "MESSAGE_", "CODE_", "OBJECT_", "COREDUMP_", "INVOCATION_", "USER_INVOCATION_")
_TITLE = "A line of the journal says truly who wrote it"
_OF_THE_GUARD = "dockworthy"
"""The beginning of the identifier under which the guard writes its audit."""


def refused_journal_fields(driver: str, options: Mapping[str, str]) -> Iterator[Refusal]:
    """`driver`: that of the engine where a request names none."""
    if driver != _DRIVER:
        return
    for option in ("labels", "env"):
        for name in filter(None, options.get(option, "").split(",")):
            if _is_taken(field := _field(name)):
                yield _refusal(f"{option} names {name[:60]!r}, which would be the field {field}", "leave it out")
    for option in ("labels-regex", "env-regex"):
        if options.get(option):
            yield _refusal(f"{option} may fit any name", f"write the names: {option.removesuffix('-regex')}=…")
    if options.get("tag", "").strip().casefold().startswith(_OF_THE_GUARD):
        yield _refusal("tag is the identifier of the guard's audit", "choose another one, such as {{.Name}}")


def _field(name: str) -> str:
    """As the driver spells it."""
    return re.sub("[^A-Z0-9]", "_", name.upper()).lstrip("_")


def _is_taken(field: str) -> bool:
    return field in _OWN or field.startswith(_FAMILIES)


def _refusal(says: str, remedy: str) -> Refusal:
    return refused("guard/journal", _TITLE, says, remedy)
