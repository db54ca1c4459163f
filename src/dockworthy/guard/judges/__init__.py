"""One judge for each kind of request; `judge` finds the one that a call's route names."""

from .judging import judge

__all__ = ["judge"]
