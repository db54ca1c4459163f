"""Without a network policy every pod reaches every other one, the nodes, and the internet."""

from __future__ import annotations

from ...model.control import Control, Subject, nist
from ...model.field import Set
from ...model.finding import Judgement, Remedy, failed, not_applicable, passed, unknown
from ...model.levels import Level, Severity
from ...model.orchestrated import Direction, NetworkPolicy
from ...model.workload import Unit
from ._platforms import PODS

_POD = "{kind: Pod, metadata: {name: a, labels: {app: shop}}, spec: {containers: [{name: a}]}}\n---\n"
_POLICY = "{{kind: NetworkPolicy, metadata: {{name: shop}}, spec: {{podSelector: {{{selector}}}, {spec}}}}}"
_SHOP = "matchLabels: {app: shop}"

control = Control(
    id="workload/network-policy",
    title="A network policy limits who reaches a pod and whom it reaches",
    fault="{who} [has|have] no network policy for traffic in or out",
    rationale="A pod that no policy selects takes connections from everywhere and makes them to everywhere: one broken "
    "program is in the network of all. As soon as a policy selects it, only what is listed passes.",
    level=Level.PRODUCTION,
    severity=Severity.MEDIUM,
    demand="1.reach",
    subject=Subject.UNIT,
    platforms=PODS,
    references=(nist("4.3.3"),),
    remedy=Remedy(
        "Give the namespace a policy that selects every pod and allows nothing, in both directions, and each program one "
        "that allows what it needs (DNS among it). The cluster's network plugin must enforce policies.",
        "connections that nobody listed are refused",
    ),
    bad={
        "kubernetes": [
            _POD + _POLICY.format(selector=_SHOP, spec="ingress: [{from: [{podSelector: {}}]}]"),
            _POD + _POLICY.format(selector="", spec="policyTypes: [Ingress, Egress], ingress: [{}]"),
        ]
    },
    good={
        "kubernetes": [
            _POD + _POLICY.format(selector="", spec="policyTypes: [Ingress, Egress]"),
            _POD
            + _POLICY.format(selector=_SHOP, spec="policyTypes: [Ingress]")
            + "\n---\n"
            + _POLICY.format(
                selector="matchExpressions: [{key: app, operator: In, values: [shop, web]}]",
                spec="policyTypes: [Egress], egress: [{ports: [{port: 5432}]}]",
            ),
        ]
    },
    unclear={
        "kubernetes": [_POD, _POD + _POLICY.format(selector="matchLabels: {app: db}", spec="policyTypes: [Ingress]")]
    },
)


@control.judge
def network_policy(unit: Unit) -> Judgement:
    network, policies = unit.namespaces.network, unit.orchestrated.policies
    if isinstance(network, Set) and network.value == "host":
        return not_applicable("it is in the node's network, where no policy counts", network.source)
    if not isinstance(policies, Set):
        return unknown(
            "no network policy in these files selects it; the cluster may have others",
            unit.source,
            tell=f"kubectl get networkpolicies -n {unit.orchestrated.namespace}",
        )
    for direction in ("ingress", "egress"):
        says = _fault(direction, policies.value)
        if says:
            return failed(says, policies.source)
    names = ", ".join(policy.name for policy in policies.value)
    return passed(f"limited in both directions by {names}", policies.source)


def _fault(direction: str, policies: tuple[NetworkPolicy, ...]) -> str:
    """Policies add up: one that lets everything through undoes what the others hold back."""
    said = {getattr(policy, direction): policy.name for policy in policies}
    if Direction.OPEN in said:
        return f"the policy {said[Direction.OPEN]} lets all {direction} through"
    return "" if Direction.LIMITED in said else f"no policy in these files limits its {direction}"
