"""What a run says: lines as it goes, notes of what the proof does not cover, and never a secret."""

from __future__ import annotations

import os

from msgspec import structs

from ...facts.redaction import Redactor
from ...model.saying import Say
from ...model.verified import ProvenChange, RefusedChange
from .stand_ins import StandIns


class Speech:
    """`tell` is given each line."""

    def __init__(self, tell: Say, stand_ins: StandIns) -> None:
        self._tell = tell
        self._stand_ins = stand_ins
        self._redactor = Redactor(os.urandom(32))
        self._notes: dict[str, None] = {}

    @property
    def notes(self) -> tuple[str, ...]:
        return tuple(self._notes)

    def say(self, line: str) -> None:
        self._tell(self.shown(line))

    def note(self, note: str) -> None:
        """What the proof does not cover; said at once, for it may be why a service does not come up."""
        if note not in self._notes:
            self._notes[note] = None
            self.say(f"note: {note}")

    def shown(self, text: str) -> str:
        """Without what is a secret, or looks like one."""
        return str(self._redactor.clean(self._stand_ins.hidden(text)))

    def cleaned_kept(self, kept: ProvenChange) -> ProvenChange:
        return structs.replace(kept, because=self.shown(kept.because)) if kept.because else kept

    def cleaned(self, refused: RefusedChange) -> RefusedChange:
        return structs.replace(refused, why=self.shown(refused.why), log=self.shown(refused.log))
