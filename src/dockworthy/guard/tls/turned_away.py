"""Who did not get in is written down; a flood of them is counted, so that it fills no log."""

from __future__ import annotations

from ..asked import Asked
from ..audit.bounded import SECONDS, Bounded, Told
from ..decision import Decision, refused

_TITLE = "From elsewhere only holders of a certificate come in"


class TurnedAway:
    """`told` hears of them as it hears of refused requests."""

    def __init__(self, told: Told, *, seconds: float = SECONDS) -> None:
        self._told = Bounded(told, seconds=seconds)

    def __call__(self, address: str, why: str) -> None:
        decision = Decision(action="tls/handshake", refusals=(refused("guard/certificate", _TITLE, why),))
        self._told(Asked(method="TLS", target="", user=f"somebody at {address}"), decision)

    def end(self) -> None:
        self._told.count()


__all__ = ["TurnedAway"]
