"""Watches a release: probes through the edge, the edge's counts, the engine's restarts and health; and judges.

watch = Watch(watched, tasks, say=say, stats=lambda: admin.ask(ASKED))
async with watch:                       # probes and counts from here on
    ...                                 # the roll-out
    observation = await watch.observed()
"""

from .counting import ASKED
from .probe_target import ProbeTarget, probe_target
from .watching import Watch, Watched, watch

__all__ = ["ASKED", "ProbeTarget", "Watch", "Watched", "probe_target", "watch"]
