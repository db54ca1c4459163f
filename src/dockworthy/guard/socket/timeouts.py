"""How long a client may take over each part of a request. What the engine takes is not counted."""

from __future__ import annotations

from enum import Enum
from math import inf


class Phase(Enum):
    """What a client's connection is in the middle of."""

    IDLE = "between two requests"
    HEAD = "a request's head"
    BODY = "a request's body that is held as a whole"
    STREAM = "a request's body that is sent on as it comes"
    ANSWER = "the engine's turn: logs and events last as they last"
    TUNNEL = "a stream both ways: terminals, too"
    CLOSING = "a client may read why it was refused"

    @property
    def seconds(self) -> float:
        """How long it may last."""
        return _SECONDS[self]

    @property
    def says(self) -> str:
        """What a client is told whose request lasts longer; `""`: nothing."""
        return _SAYS.get(self, "")


_SECONDS = {
    Phase.IDLE: 600.0,
    Phase.HEAD: 10.0,
    Phase.BODY: 30.0,
    Phase.STREAM: 300.0,
    Phase.ANSWER: inf,
    Phase.TUNNEL: inf,
    Phase.CLOSING: 30.0,
}
_SAYS = {
    Phase.HEAD: "the request's head was not complete within 10 s",
    Phase.BODY: "the request's body was not complete within 30 s",
    Phase.STREAM: "nothing of the request's body came for 300 s",
}


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
