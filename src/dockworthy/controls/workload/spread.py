"""Several instances on one host fail together."""

from __future__ import annotations

from ...model.control import Control, Subject
from ...model.dialect import Platform
from ...model.field import Set
from ...model.finding import Judgement, Remedy, failed, not_applicable, passed
from ...model.levels import Level, Severity
from ...model.workload import Unit

_APP = "{{id: /shop, instances: {instances}, container: {{docker: {{image: shop}}}}{more}}}"

control = Control(
    id="workload/spread",
    title="Instances of an app are spread over several agents",
    fault="{who} may have all instances on one agent",
    rationale="Without a constraint Marathon starts every instance where the first offer comes from, often all on one agent: "
    "two of them survive the loss of a host no better than one.",
    level=Level.PRODUCTION,
    severity=Severity.LOW,
    demand="6.orchestrators",
    subject=Subject.UNIT,
    platforms=frozenset({Platform.MARATHON}),
    remedy=Remedy(
        "Set `constraints` such as `[hostname, UNIQUE]`, `[hostname, MAX_PER, '1']` or `[\"@zone\", GROUP_BY]`.",
        "instances wait where there are fewer agents than instances",
    ),
    bad={"marathon": _APP.format(instances=2, more="")},
    good={
        "marathon": [
            _APP.format(instances=2, more=", constraints: [[hostname, UNIQUE]]"),
            _APP.format(instances=3, more=", constraints: [['@zone', GROUP_BY, '3']]"),
        ]
    },
)

_SPREADING = frozenset({"UNIQUE", "GROUP_BY", "MAX_PER"})


@control.judge
def spread(unit: Unit) -> Judgement:
    instances, placement = unit.replicas, unit.orchestrated.placement
    if not isinstance(instances, Set) or instances.value < 2:
        return not_applicable("one instance", instances.source or unit.source)
    rules = placement.value if isinstance(placement, Set) else ()
    spreading = [rule for rule in rules if _SPREADING.intersection(rule.split())]
    if spreading:
        return passed(f"spread by {', '.join(spreading)}", placement.source)
    return failed(f"{instances.value} instances, and nothing keeps them from one agent", instances.source)
