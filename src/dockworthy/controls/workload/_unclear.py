"""Parts of a container that could not be told whole: what was seen of them is judged, but does not pass."""

from __future__ import annotations

from ...model.finding import Judgement, Outcome, unknown
from ...model.workload import Unit


def as_far_as_told(judgement: Judgement, unit: Unit, part: str, *, doubtful: Outcome = Outcome.PASS) -> Judgement:
    """Unknown in place of `doubtful` where a container's `part` (`mounts`, `namespaces`, `ports`, `devices`) has a gap."""
    gaps = [container.unclear[part] for container in unit.containers if part in container.unclear]
    if not gaps or judgement.outcome is not doubtful:
        return judgement
    return unknown(gaps[0].reason, gaps[0].source, tell=gaps[0].tell)
