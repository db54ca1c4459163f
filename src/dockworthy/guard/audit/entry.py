"""A line of the audit log: of a request, or of what is no answer to one.

Such are roles that are given for a time, and the policy's state.
"""

from __future__ import annotations

import datetime
from typing import Any

import msgspec
from msgspec import Struct

from ...report.visible import visible
from ..decision import Decision
from ..large_requests import is_large
from ..request import GuardRequest
from ..rights.grants import Grant
from .redaction import action_without_login, image_of, image_without_login, shown_target, without_secrets

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


class AuditEntry(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """`who` is empty where nobody can know: the engine tells its plugin no name for a caller at its Unix socket.
    `rules` and `says` stand where it was refused. Bodies are never kept; `image` is that of a container to be made.
    `role` lets it pass, by `grant` where it was given for a time; `policy` says `not asked` where that is an
    admin's."""

    time: str
    decision: str
    method: str
    target: str
    action: str
    who: str = ""
    subject: str = ""
    image: str = ""
    role: str = ""
    grant: str = ""
    policy: str = ""
    rules: tuple[str, ...] = ()
    says: str = ""

    def line(self) -> bytes:
        """JSON without a line break inside."""
        return _encoder.encode(self)


def is_kept(decision: Decision) -> bool:
    """All that is refused, and all that changes something or reads what may hold secrets. A look that is allowed is
    not: monitors ask for the list of containers every second, and who may only look could put everybody's lines
    aside."""
    return not decision.allowed or decision.reads_secrets or not decision.only_looks


def entry_of(asked: GuardRequest, decision: Decision, *, who: str = "", now: datetime.datetime) -> AuditEntry:
    """`now` in UTC."""
    return AuditEntry(
        time=now.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        decision="allowed" if decision.allowed else "refused",
        method=visible(asked.method)[:20],
        target=shown_target(asked.target),
        action=visible(action_without_login(decision.action)),
        who=visible(who or asked.user)[:200],
        subject=visible(image_without_login(decision.subject))[:200],
        image=visible(image_of(asked.body)) if decision.action == "containers/create" else "",
        role=asked.role,
        grant=asked.grant,
        policy="not asked" if asked.role == "admin" and decision.allowed else "",
        rules=tuple(refusal.rule for refusal in decision.refusals),
        says=_says(asked, decision),
    )


def _says(asked: GuardRequest, decision: Decision) -> str:
    """Of a large request only what the rules demand: to look for each of its secrets in a sentence takes too long."""
    if is_large(asked.body):
        return " ".join(dict.fromkeys(f"{refusal.title} ({refusal.rule})." for refusal in decision.refusals))
    return visible(without_secrets(" ".join(decision.message().split()), asked))
