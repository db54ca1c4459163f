"""Who creates pods, or runs commands in them, has all that any pod of the namespace has."""

from __future__ import annotations

from collections.abc import Iterator

from ...model.access import ANY, Access, AccessRule
from ...model.control import Control, Subject, nist
from ...model.finding import Judgement, Remedy
from ...model.levels import Level, Severity
from ._rbac import Fault, graver_everywhere, judge_rules

_ROLE = "apiVersion: rbac.authorization.k8s.io/v1\nkind: {kind}\nmetadata: {{name: shop}}\nrules: [{rule}]\n"

control = Control(
    id="access/pods",
    title="Few may start pods or enter them",
    fault="{who} [lets|let] [its holder|their holders] start pods or enter them",
    rationale="A new pod can mount every secret and take every service account of its namespace, and the node itself where "
    "no standard holds it back. Entering a running pod gives what that pod has, and leaves nothing that shows in its image.",
    level=Level.PRODUCTION,
    severity=Severity.MEDIUM,
    demand="3.least-privilege",
    also_for=("6.orchestrators",),
    subject=Subject.ACCESS,
    references=(nist("4.3.1"),),
    remedy=Remedy(
        "Leave starting pods to the pipeline and to controllers, in their own namespace; give people `pods/log` in place of "
        "`pods/exec`. Where a controller must do it, accept that in an exception that names it.",
        "whoever started or entered pods with this role is refused",
    ),
    check_yourself="kubectl auth can-i create pods --as=system:serviceaccount:NAMESPACE:NAME",
    bad={
        "kubernetes": [
            _ROLE.format(kind="ClusterRole", rule="{apiGroups: [''], resources: [pods], verbs: [create]}"),
            _ROLE.format(kind="Role", rule="{apiGroups: [''], resources: [pods/exec], verbs: [create]}"),
            _ROLE.format(kind="Role", rule="{apiGroups: [''], resources: [pods/ephemeralcontainers], verbs: [patch]}"),
            _ROLE.format(kind="Role", rule="{apiGroups: [apps], resources: [deployments], verbs: [update]}"),
            _ROLE.format(kind="ClusterRole", rule="{apiGroups: [''], resources: [nodes/proxy], verbs: [get]}"),
        ]
    },
    good={
        "kubernetes": [
            _ROLE.format(kind="Role", rule="{apiGroups: [''], resources: [pods, pods/log], verbs: [get, list]}"),
            _ROLE.format(kind="Role", rule="{apiGroups: [apps], resources: [deployments/scale], verbs: [update]}"),
        ]
    },
)

_WRITING = ("create", "update", "patch")
_ENTERING = ("create", "get", "patch", "update")
_ENTERED = ("pods/exec", "pods/attach", "pods/ephemeralcontainers")
_STARTED = (
    ("", "pods"),
    ("", "replicationcontrollers"),
    ("apps", "deployments"),
    ("apps", "statefulsets"),
    ("apps", "daemonsets"),
    ("apps", "replicasets"),
    ("batch", "jobs"),
    ("batch", "cronjobs"),
)
"""API group and resource of what starts pods."""


@control.judge
def pods(access: Access) -> Iterator[Judgement]:
    yield from judge_rules(access, _fault, good="no pod can be started or entered")


def _fault(rule: AccessRule, access: Access) -> Fault | None:
    if ANY in rule.resources and ANY in rule.verbs:  # a wildcard of both is a fault of its own
        return None
    if rule.verbs_on("", "nodes/proxy", ("get", "create")):
        return "nodes/proxy: commands in every pod of a node, past the API server's log", Severity.HIGH
    entered = [name for name in _ENTERED if rule.verbs_on("", name, _ENTERING)]
    if entered:
        return f"enters pods ({', '.join(entered)})", graver_everywhere(access, Severity.HIGH, Severity.MEDIUM)
    started = [name for group, name in _STARTED if rule.verbs_on(group, name, _WRITING)]
    if started:
        return f"starts pods ({', '.join(started)})", graver_everywhere(access, Severity.HIGH, Severity.MEDIUM)
    return None
