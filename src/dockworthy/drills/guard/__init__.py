"""`drill guard`: attacks that must be stopped and calls that must pass, asked of a guarded engine."""

from .matrix import Trial, attacks, good_calls
from .outcome import Report, TrialOutcome
from .running import run
from .scratch import TrialObjects

__all__ = ["Report", "Trial", "TrialObjects", "TrialOutcome", "attacks", "good_calls", "run"]
