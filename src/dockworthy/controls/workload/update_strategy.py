"""An update that stops the old instances before the new ones serve is an outage that somebody chose."""

from __future__ import annotations

from ...model.control import Control, Subject
from ...model.dialect import Platform
from ...model.field import Set
from ...model.finding import Judgement, Remedy, failed, not_applicable, passed
from ...model.levels import Level, Severity
from ...model.orchestrated import InstanceReplacement
from ...model.workload import Unit

_APP = "{{id: /shop, instances: 2, container: {{docker: {{image: shop}}}}{more}}}"
_DEPLOYMENT = (
    "{{kind: Deployment, metadata: {{name: a}}, spec: {{{strategy}template: {{spec: {{containers: [{{name: a}}]}}}}}}}}"
)

control = Control(
    id="workload/update-strategy",
    title="An update keeps instances that serve",
    fault="{who} [serves|serve] nothing during an update",
    rationale="`Recreate`, and a `minimumHealthCapacity` of 0, stop what works before it is known whether the new version "
    "does. With `OnDelete` nobody updates anything until it is deleted by hand.",
    level=Level.PRODUCTION,
    severity=Severity.LOW,
    demand="3.zero-downtime",
    subject=Subject.UNIT,
    platforms=frozenset({Platform.KUBERNETES, Platform.MARATHON}),
    remedy=Remedy(
        "Kubernetes: leave the strategy at RollingUpdate. Marathon: `minimumHealthCapacity` of 0.5 or more, and "
        "`maximumOverCapacity` where there is room. Where two versions must never run at once, accept it in an exception.",
        "old and new version serve side by side during an update",
    ),
    bad={
        "kubernetes": _DEPLOYMENT.format(strategy="strategy: {type: Recreate}, "),
        "marathon": [
            _APP.format(more=", upgradeStrategy: {minimumHealthCapacity: 0, maximumOverCapacity: 1}"),
            _APP.format(more=", residency: {}, upgradeStrategy: {minimumHealthCapacity: 0, maximumOverCapacity: 0}"),
        ],
    },
    good={
        "kubernetes": [
            _DEPLOYMENT.format(strategy=""),
            _DEPLOYMENT.format(strategy="strategy: {type: RollingUpdate}, "),
        ],
        "marathon": [
            _APP.format(more=""),
            _APP.format(more=", upgradeStrategy: {minimumHealthCapacity: 0.5, maximumOverCapacity: 0.2}"),
        ],
    },
)

_REPLACED = frozenset({"deployment", "statefulset", "daemonset", "app", "pod"})
_STOPPING = {
    "Recreate": "Recreate: every instance stops before the first new one starts",
    "OnDelete": "OnDelete: an update waits until somebody deletes the pods",
}


@control.judge
def update_strategy(unit: Unit) -> Judgement:
    field = unit.orchestrated.replacement
    if unit.kind not in _REPLACED or (unit.dialect.is_kubernetes and unit.kind == "pod"):
        return not_applicable(f"a {unit.kind} is not updated by the platform", unit.source)
    if not isinstance(field, Set):
        return passed("the platform's default: what works goes when the new one serves", unit.source)
    says = _fault(field.value)
    return failed(says, field.source) if says else passed("instances that serve are kept", field.source)


def _fault(replacement: InstanceReplacement) -> str:
    if replacement.healthy == 0:
        return "minimumHealthCapacity 0: every instance may stop before a new one serves"
    return _STOPPING.get(replacement.kind, "")
