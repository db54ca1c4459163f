"""How long a client may take over each part of a request. What the engine takes is not counted."""

from __future__ import annotations

from enum import Enum
from math import inf


class Phase(Enum):
    """Each with the seconds that it may last, and what is said when it lasts longer."""

    IDLE = 600.0, ""
    HEAD = 10.0, "the request's head was not complete within 10 s"
    BODY = 30.0, "the request's body was not complete within 30 s"
    STREAM = 300.0, "nothing of the request's body came for 300 s"
    ANSWER = inf, ""  # the engine's turn, or a stream both ways: logs, events and terminals last as they last
    CLOSING = 30.0, ""  # in which a client may read why it was refused

    @property
    def seconds(self) -> float:
        return self.value[0]

    @property
    def says(self) -> str:
        return self.value[1]


class Pace:
    """`now` is the loop's time."""

    def __init__(self, now: float) -> None:
        self.phase = Phase.IDLE
        self._since = now

    def enter(self, phase: Phase, now: float) -> None:
        self.phase, self._since = phase, now

    def came(self, now: float) -> None:
        """Something of the client's came: a head does not get longer by it, a stream does."""
        if self.phase is Phase.IDLE:
            self.enter(Phase.HEAD, now)
        elif self.phase is Phase.STREAM:
            self._since = now

    def wait(self, now: float) -> None:
        """It is not the client whom we wait for."""
        if self.phase is Phase.STREAM:
            self._since = now

    def is_over(self, now: float) -> bool:
        return now - self._since > self.phase.seconds
