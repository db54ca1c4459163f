"""What hears of each decision: the audit, and what the guard says itself."""

from __future__ import annotations

import datetime
from collections.abc import Callable

from ..asked import Asked
from ..decision import Decision
from .bounded import SECONDS, SINGLY
from .entry import entry_of
from .notes import Note
from .per_person import PerPerson
from .recording import Audit


class Telling:
    """Called in a loop. What passes is written down each, and does not pass where that can't be; of what is refused to
    one person, some a minute and then the number."""

    def __init__(
        self, audit: Audit, say: Callable[[str], None], *, singly: int = SINGLY, seconds: float = SECONDS
    ) -> None:
        self._audit, self._say = audit, say
        self._refused = PerPerson(self.write, singly=singly, seconds=seconds)

    def __call__(self, asked: Asked, decision: Decision) -> Decision:
        """The decision that holds."""
        holds = self._audit.record(asked, decision) if decision.allowed else decision
        if not holds.allowed:
            self._refused(asked, holds)
        return holds

    def write(self, asked: Asked, decision: Decision) -> None:
        """A refusal, at once: whoever calls has bounded them."""
        self._audit.record(asked, decision)
        entry = entry_of(asked, decision, now=datetime.datetime.now(datetime.UTC))
        by = f"{entry.who}: " if entry.who else ""
        self._say(f"refused {by}{entry.action} {entry.subject}: {entry.says}")

    def note(self, note: Note) -> bool:
        """Was it written down?"""
        return self._audit.note(note)

    def end(self) -> None:
        """Nothing more comes: what is still to be told is told."""
        self._refused.end()


__all__ = ["Telling"]
