"""One judge for each kind of request; `judge` finds the one that a call's route names."""

from .judging import begin, judge, judge_call, refusal_of, understood

__all__ = ["begin", "judge", "judge_call", "refusal_of", "understood"]
