"""Each decision goes to a file and to the machine's log; one that neither takes is no longer a yes."""

from __future__ import annotations

import datetime
from collections.abc import Callable

from ..decision import Decision, refused
from ..request import GuardRequest
from .entry import Note, entry_of, is_kept
from .flood_limits import SECONDS, SINGLY, PerPerson
from .rotating_file import RotatingFile
from .syslog import Syslog

_UNHEARD = refused(
    "guard/audit",
    "What the guard lets pass is written down",
    "neither the audit log nor the machine's log takes a line",
    "make room on the disk; what only looks is answered meanwhile",
)
_ALL = "the audit"


class Audit:
    """Without any place (the default) nothing is kept, and nothing depends on it. `say` hears when a place fails and
    when it is back, once each."""

    def __init__(
        self, file: RotatingFile | None = None, syslog: Syslog | None = None, *, say: Callable[[str], None]
    ) -> None:
        self._file, self._syslog, self._say = file, syslog, say
        self._failing: set[str] = set()

    def record(self, asked: GuardRequest, decision: Decision, *, who: str = "") -> Decision:
        """The decision that holds: a refusal where it should have been written down and could not be. Never raises:
        whoever asked waits for an answer."""
        if (self._file is None and self._syslog is None) or not is_kept(decision):
            return decision
        try:
            heard = self._written(asked, decision, who)
            self._works(_ALL)
        except Exception as error:
            heard = self._failed(_ALL, error)
        if heard or not decision.allowed:
            return decision
        return Decision(action=decision.action, subject=decision.subject, refusals=(_UNHEARD,))

    def note(self, note: Note) -> bool:
        """Was it written down? Without any place nobody asks for it: yes. Never raises."""
        if self._file is None and self._syslog is None:
            return True
        line = note.line(datetime.datetime.now(datetime.UTC))
        heard = self._to_file(line)
        return self._to_syslog(line, warning=False) or heard

    def _written(self, asked: GuardRequest, decision: Decision, who: str) -> bool:
        line = entry_of(asked, decision, who=who, now=datetime.datetime.now(datetime.UTC)).line()
        heard = self._to_file(line)
        return self._to_syslog(line, warning=not decision.allowed) or heard

    def _to_file(self, line: bytes) -> bool:
        if self._file is None:
            return False
        try:
            self._file.write(line)
        except OSError as error:
            return self._failed("the audit log", error)
        return self._works("the audit log")

    def _to_syslog(self, line: bytes, *, warning: bool) -> bool:
        if self._syslog is None:
            return False
        try:
            self._syslog.write(line, warning=warning)
        except OSError as error:
            return self._failed("the machine's log", error)
        return self._works("the machine's log")

    def _failed(self, place: str, error: Exception) -> bool:
        if place not in self._failing:
            self._failing.add(place)
            why = (error.strerror if isinstance(error, OSError) else None) or type(error).__name__
            self._say(f"{place} takes no line: {why}")
        return False

    def _works(self, place: str) -> bool:
        if place in self._failing:
            self._failing.discard(place)
            self._say(f"{place} is written again")
        return True


class AuditTelling:
    """Called in a loop. What passes is written down each, and does not pass where that can't be; of what is refused to
    one person, some a minute and then the number."""

    def __init__(
        self, audit: Audit, say: Callable[[str], None], *, singly: int = SINGLY, seconds: float = SECONDS
    ) -> None:
        self._audit, self._say = audit, say
        self._refused = PerPerson(self.write, singly=singly, seconds=seconds)

    def __call__(self, asked: GuardRequest, decision: Decision) -> Decision:
        """The decision that holds."""
        holds = self._audit.record(asked, decision) if decision.allowed else decision
        if not holds.allowed:
            self._refused(asked, holds)
        return holds

    def write(self, asked: GuardRequest, decision: Decision) -> None:
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
