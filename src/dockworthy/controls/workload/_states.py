"""A container's state that was not told: what is said of it by every control that needs it."""

from __future__ import annotations

from ...model.field import Unknown, Unset
from ...model.finding import Judgement, unknown


def not_told(state: Unknown | Unset) -> Judgement:
    """Unknown, with the reason where one is known."""
    if isinstance(state, Unknown):
        return unknown(state.reason, state.source, tell=state.tell)
    return unknown("its state is not told", state.source)
