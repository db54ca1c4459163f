"""Lines of the audit log that are no answer to a request: roles that are given for a time, and the policy's state."""

from __future__ import annotations

import datetime
from typing import Any

import msgspec
from msgspec import Struct

from ...report.visible import visible
from ..rights.grants import Grant

_encoder = msgspec.json.Encoder()


class Note(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """`action` is what happened, as in `guard/grant`; `who` did it, `""` where it happened by itself. Of a grant:
    its id, whom it is for (`to`), and what it gives them."""

    action: str
    says: str
    who: str = ""
    grant: str = ""
    to: str = ""
    role: str = ""
    projects: tuple[str, ...] = ()
    images: tuple[str, ...] = ()
    until: str = ""
    reason: str = ""

    def line(self, now: datetime.datetime) -> bytes:
        """`now` in UTC. JSON without a line break inside; `decision` is `noted`, as nothing was asked."""
        time = now.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        told = {"time": time, "decision": "noted", **_visible(msgspec.to_builtins(self))}
        return _encoder.encode(told)


def _visible(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _visible(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_visible(inner) for inner in value]
    return visible(value) if isinstance(value, str) else value


def of_grant(action: str, grant: Grant, says: str, *, who: str = "") -> Note:
    binding = grant.binding
    return Note(
        action=f"guard/{action}", says=says, who=who, grant=grant.id, to=binding.who, role=binding.role.value,
        projects=binding.projects, images=binding.images,
        until=grant.until.isoformat(timespec="seconds").replace("+00:00", "Z"), reason=grant.reason,
    )  # fmt: skip


__all__ = ["Note", "of_grant"]
