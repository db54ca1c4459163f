"""When a node is emptied for an update, nothing but a budget keeps all instances from going at once."""

from __future__ import annotations

from ...model.control import Control, Subject
from ...model.dialect import Platform
from ...model.field import Set
from ...model.finding import Judgement, Remedy, failed, not_applicable, passed, unknown
from ...model.levels import Level, Severity
from ...model.workload import Unit

_DEPLOYMENT = (
    "{kind: Deployment, metadata: {name: a}, spec: {replicas: 3, template: {metadata: {labels: {app: shop}}, "
    "spec: {containers: [{name: a}]}}}}\n"
)
_BUDGET = (
    "---\n{{kind: PodDisruptionBudget, metadata: {{name: shop}}, "
    "spec: {{{spec}, selector: {{matchLabels: {{app: shop}}}}}}}}"
)
_JOB = (
    "{{applicationName: shop, container: {{resources: {{cpu: 1, memoryMB: 512}}, image: {{name: shop, tag: '1'}}}}, "
    "service: {{capacity: {{min: 2, desired: 2, max: 2}}}}, disruptionBudget: {{{budget}}}}}"
)

control = Control(
    id="workload/disruption-budget",
    title="A disruption budget keeps enough instances running",
    fault="{who} [has|have] no disruption budget that works",
    rationale="Kubernetes and Titus empty a node before it is updated. Without a budget all instances of a service may be "
    "taken at once; with one that allows none ever, the node can't be emptied, and is never updated.",
    level=Level.PRODUCTION,
    severity=Severity.LOW,
    demand="3.zero-downtime",
    subject=Subject.UNIT,
    platforms=frozenset({Platform.KUBERNETES, Platform.TITUS}),
    remedy=Remedy(
        "Kubernetes: a PodDisruptionBudget with `maxUnavailable: 1` that selects the pods. Titus: `availabilityPercentageLimit` "
        "with a rate.",
        "emptying a node takes longer",
    ),
    bad={
        "kubernetes": [
            _DEPLOYMENT + _BUDGET.format(spec="maxUnavailable: 0"),
            _DEPLOYMENT + _BUDGET.format(spec="minAvailable: 100%"),
        ],
        "titus": [
            _JOB.format(budget="selfManaged: {relocationTimeMs: 60000}, rateUnlimited: {}"),
            _JOB.format(budget="availabilityPercentageLimit: {percentageOfHealthyContainers: 100}, rateUnlimited: {}"),
        ],
    },
    good={
        "kubernetes": _DEPLOYMENT + _BUDGET.format(spec="maxUnavailable: 1"),
        "titus": _JOB.format(
            budget="availabilityPercentageLimit: {percentageOfHealthyContainers: 50}, ratePercentagePerHour: "
            "{maxPercentageOfContainersRelocatedInHour: 50}"
        ),
    },
    unclear={"kubernetes": _DEPLOYMENT, "titus": _JOB.format(budget="")},
)

_LASTING = frozenset({"deployment", "statefulset", "replicaset", "replicationcontroller", "service"})


@control.judge
def disruption_budget(unit: Unit) -> Judgement:
    budget, replicas = unit.orchestrated.budget, unit.replicas
    if unit.kind not in _LASTING:
        return not_applicable(f"a {unit.kind} has no instances that stand in for each other", unit.source)
    if not isinstance(budget, Set):
        if not isinstance(replicas, Set) or replicas.value < 2:
            return not_applicable("one instance: no budget can keep it running", replicas.source or unit.source)
        return unknown(_where_else(unit), unit.source)
    if budget.value.stops_maintenance:
        return failed(f"{budget.value.says}: no node can be emptied while it runs there", budget.source)
    if not budget.value.has_rate:
        return failed(f"{budget.value.says}: nothing limits how many go at once", budget.source)
    return passed(budget.value.says, budget.source)


def _where_else(unit: Unit) -> str:
    if unit.dialect.is_kubernetes:
        return "no disruption budget in these files selects it; the cluster may have one"
    return "it names no disruption budget: the one that Titus' operators set for services counts"
