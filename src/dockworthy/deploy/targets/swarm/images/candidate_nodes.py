"""Which nodes may take the tasks of a plan, and how dockworthy.yaml says that they are reached. Pure.

Source: Engine API v1.45, GET /nodes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from msgspec import Struct

from .....model.rollout import Desired, RolloutStep, StepKind
from ..constraints import may_take
from ..node_ways import NodeWay, way_to

_STARTS = (StepKind.CREATE, StepKind.REPLACE, StepKind.SCALE, StepKind.RESTART, StepKind.JOB)


class Wanted(Struct, frozen=True, kw_only=True):
    """`image`: what runs, `name@sha256:…` or an id. `reference`: as it was written. `services` need it; `takers` may
    run them, the node that is shipped to not among them."""

    image: str
    reference: str
    services: tuple[str, ...]
    takers: tuple[NodeWay, ...]

    @property
    def by_id(self) -> bool:
        return self.image.startswith("sha256:")


def wanted_images(
    desired: Desired,
    steps: Iterable[RolloutStep],
    nodes: Sequence[Mapping[str, Any]],
    *,
    here: str,
    hosts: Mapping[str, str],
) -> tuple[Wanted, ...]:
    """Of services that tasks are started of, as far as other nodes may take these. `here`: this node's id; `hosts`:
    those of dockworthy.yaml, name -> endpoint."""
    found: dict[str, Wanted] = {}
    for name in sorted({step.subject for step in steps if step.kind in _STARTS}):
        shipped = desired.services[name]
        service = desired.spec.services[name]
        others = (node for node in nodes if node["ID"] != here and may_take(node, service))
        takers = tuple(sorted((way_to(node, hosts) for node in others), key=lambda taker: taker.name))
        if not takers:
            continue
        known = found.get(shipped.image)
        found[shipped.image] = Wanted(
            image=shipped.image,
            reference=shipped.reference,
            services=(*(known.services if known else ()), name),
            takers=tuple(dict.fromkeys((*(known.takers if known else ()), *takers))),
        )
    return tuple(found.values())
