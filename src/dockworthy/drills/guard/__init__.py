"""`drill guard`: attacks that must be stopped and calls that must pass, asked of a guarded engine."""

from .matrix import Trial, attacks, good_calls
from .outcome import Outcome, Report
from .running import run
from .scratch import Scratch

__all__ = ["Outcome", "Report", "Scratch", "Trial", "attacks", "good_calls", "run"]
