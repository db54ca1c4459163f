"""What the socket asks of whoever decides: who is this, and may this pass?"""

from __future__ import annotations

import asyncio
from typing import Any, Protocol

from msgspec import Struct

from ...model.guard_policy import Binding
from ..decision import Decision
from ..request import GuardRequest
from ..rights.showing import ShownObjects
from ..routes import Call
from .connection_limits import SlotOwner


class Passage(Struct, frozen=True, kw_only=True):
    """It may pass. `call` is what was judged, with names pinned to ids where they were looked up; `hides` blanks what
    may hold secrets in the answer; `shown` is what of a list they see, None for all of it."""

    call: Call
    hides: bool = False
    shown: ShownObjects | None = None
    held: tuple[Binding, ...] = ()
    """The roles by which it may."""
    by_roles: bool = False
    """Nothing else decided: no object was looked up, no policy asked."""
    is_admin: bool = False
    must_read: bool = False
    """Who does not read what comes holds up others by it, and is hung up on."""
    by: Binding | None = None
    """The role that lets it pass; None where everybody may."""


class Gate(Protocol):
    def meet(self, transport: asyncio.BaseTransport) -> Any:
        """Who connected, read at once while it is there; given back to `judge`. Never raises."""

    async def judge(self, asked: GuardRequest, who: Any) -> Passage | Decision:
        """A Decision is a refusal. Raises NotCanonical; whatever else it raises is a refusal, too."""

    async def renewed(self, passage: Passage, who: Any) -> Passage | None:
        """Of a request that is under way: None where its sender's roles have changed, so that it would not pass like
        this any more. Never raises."""

    def roles_still_allow(self, passage: Passage, who: Any) -> bool:
        """May the same request pass on the same connection at once? Only where its sender's roles alone decided, and
        are still the same. Never raises."""

    def owner(self, who: Any) -> SlotOwner:
        """Whose connection it is."""

    def unjudged(self, asked: GuardRequest, says: str, who: Any) -> None:
        """Hears of a request that was refused before it could be judged, or got no answer of the engine's."""

    def stamp(self, method: str, target: str, body: bytes, who: Any) -> tuple[tuple[str, str], ...]:
        """Headers of the guard's own for exactly this request."""
