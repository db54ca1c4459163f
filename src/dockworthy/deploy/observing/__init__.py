"""Watches a release: probes through the edge, the edge's counts, the engine's restarts and health; and judges.

`ReleaseWatch` is entered before the roll-out (from then on it probes and counts), and asked for what it `observed()`
after it.
"""

from .edge_stats import ASKED
from .probe import ProbeTarget, probe_targets
from .watch import ReleaseWatch, Watched, watched_of

__all__ = ["ASKED", "ProbeTarget", "ReleaseWatch", "Watched", "probe_targets", "watched_of"]
