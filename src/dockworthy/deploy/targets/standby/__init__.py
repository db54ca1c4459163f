"""Old containers that go on running out of rotation for a while, so that the way back to them is short."""

from .containers import StandBy
from .marks import StandbyMarks

__all__ = ["StandBy", "StandbyMarks"]
