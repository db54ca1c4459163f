"""Some rights are worth more than they look: with them the holder gives itself all others."""

from __future__ import annotations

from collections.abc import Iterator

from ...model.access import ANY, Access, AccessRule
from ...model.control import Control, Subject, nist
from ...model.finding import Judgement, Remedy
from ...model.levels import Level, Severity
from ._rbac import Fault, graver_everywhere, judge_rules

_ROLE = "apiVersion: rbac.authorization.k8s.io/v1\nkind: {kind}\nmetadata: {{name: shop}}\nrules: [{rule}]\n"
_RBAC = "rbac.authorization.k8s.io"

control = Control(
    id="access/escalation",
    title="No role lets its holder gain more rights",
    fault="{who} [lets|let] [its holder|their holders] gain more rights",
    rationale="`escalate` and `bind` are the two verbs that let somebody write a role stronger than their own; `impersonate` is "
    "being somebody else; a token for another account, an approved certificate, or a webhook that changes every object come "
    "to the same.",
    level=Level.PRODUCTION,
    severity=Severity.HIGH,
    demand="3.least-privilege",
    subject=Subject.ACCESS,
    references=(nist("4.3.1"),),
    remedy=Remedy(
        "Take these rules out of roles that programs hold; name the one role that may be bound by `resourceNames`.",
        "what used the right is refused",
    ),
    check_yourself="kubectl auth can-i escalate clusterroles --as=system:serviceaccount:NAMESPACE:NAME",
    bad={
        "kubernetes": [
            _ROLE.format(
                kind="ClusterRole", rule=f"{{apiGroups: [{_RBAC}], resources: [clusterroles], verbs: [bind]}}"
            ),
            _ROLE.format(kind="ClusterRole", rule=f"{{apiGroups: [{_RBAC}], resources: ['*'], verbs: [escalate]}}"),
            _ROLE.format(kind="ClusterRole", rule="{apiGroups: [''], resources: [groups], verbs: [impersonate]}"),
            _ROLE.format(kind="Role", rule="{apiGroups: [''], resources: [serviceaccounts/token], verbs: [create]}"),
            _ROLE.format(
                kind="ClusterRole",
                rule="{apiGroups: [certificates.k8s.io], resources: [certificatesigningrequests/approval], verbs: [update]}",
            ),
        ]
    },
    good={
        "kubernetes": [
            _ROLE.format(
                kind="ClusterRole",
                rule=f"{{apiGroups: [{_RBAC}], resources: [clusterroles], verbs: [bind], resourceNames: [view]}}",
            ),
            _ROLE.format(kind="Role", rule=f"{{apiGroups: [{_RBAC}], resources: [roles], verbs: [get, create]}}"),
        ]
    },
)

_WRITING = ("create", "update", "patch")
_WAYS = (
    (_RBAC, "clusterroles", ("escalate", "bind")),
    (_RBAC, "roles", ("escalate", "bind")),
    ("", "users", ("impersonate",)),
    ("", "groups", ("impersonate",)),
    ("", "serviceaccounts", ("impersonate",)),
    ("", "serviceaccounts/token", ("create",)),
    ("certificates.k8s.io", "certificatesigningrequests/approval", ("update", "patch")),
    ("admissionregistration.k8s.io", "mutatingwebhookconfigurations", _WRITING),
    ("admissionregistration.k8s.io", "validatingwebhookconfigurations", _WRITING),
)
"""API group, resource and verbs that lead to other rights (Kubernetes' own advice on RBAC)."""


@control.judge
def escalation(access: Access) -> Iterator[Judgement]:
    yield from judge_rules(access, _fault, good="no rule leads to more rights")


def _fault(rule: AccessRule, access: Access) -> Fault | None:
    if rule.names or (ANY in rule.resources and ANY in rule.verbs):  # a wildcard of both is a fault of its own
        return None
    found = [
        f"{', '.join(verbs)} on {resource}"
        for group, resource, leading in _WAYS
        if (verbs := rule.verbs_on(group, resource, leading))
    ]
    return ("; ".join(found), graver_everywhere(access, Severity.HIGH, Severity.MEDIUM)) if found else None
