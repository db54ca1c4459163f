"""A line of the audit log."""

from __future__ import annotations

import datetime

import msgspec
from msgspec import Struct

from ...report.visible import visible
from ..aside import is_large
from ..asked import Asked
from ..decision import Decision
from ..routes import Right
from ..routes.table import ROUTES
from .redaction import action_without_login, image_of, image_without_login, shown_target, without_secrets

_encoder = msgspec.json.Encoder()
_LOOKS = frozenset(
    (route.method, route.action)
    for route in ROUTES
    if route.method in ("GET", "HEAD") and route.right is Right.VIEW and not route.judge
)


class Entry(Struct, frozen=True, kw_only=True, omit_defaults=True):
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


def is_kept(asked: Asked, decision: Decision) -> bool:
    """All that is refused, and all that changes something or reads what may hold secrets; a look that is allowed is
    not: monitors ask for the list of containers every second."""
    return not decision.allowed or decision.reads_secrets or (asked.method, decision.action) not in _LOOKS


def entry_of(asked: Asked, decision: Decision, *, who: str = "", now: datetime.datetime) -> Entry:
    """`now` in UTC."""
    return Entry(
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


def _says(asked: Asked, decision: Decision) -> str:
    """Of a large request only what the rules demand: to look for each of its secrets in a sentence takes too long."""
    if is_large(asked.body):
        return " ".join(dict.fromkeys(f"{refusal.title} ({refusal.rule})." for refusal in decision.refusals))
    return visible(without_secrets(" ".join(decision.message().split()), asked))


__all__ = ["Entry", "entry_of", "is_kept"]
