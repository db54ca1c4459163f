"""Watches a release: probes through the edge, the edge's counts, the engine's restarts and health; and judges.

`Watch` is entered before the roll-out (from then on it probes and counts), and asked for what it `observed()` after it.
"""

from .counting import ASKED
from .of_release import watched_of
from .probe_target import ProbeTarget, probe_targets
from .watching import Watch, Watched

__all__ = ["ASKED", "ProbeTarget", "Watch", "Watched", "probe_targets", "watched_of"]
