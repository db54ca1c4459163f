"""A wildcard in a role also gives what nobody has thought of yet: each kind of object that is added later."""

from __future__ import annotations

from collections.abc import Iterator

from ...model.access import ANY, Access, AccessRule
from ...model.control import Control, Subject, nist
from ...model.finding import Judgement, Remedy
from ...model.levels import Level, Severity
from ._rbac import Fault, graver_everywhere, judge_rules

_ROLE = "apiVersion: rbac.authorization.k8s.io/v1\nkind: {kind}\nmetadata: {{name: shop}}\nrules: [{rule}]\n"

control = Control(
    id="access/wildcards",
    title="Roles name what they allow, without wildcards",
    fault="{who} [grants|grant] rights by wildcard",
    rationale="`*` among the verbs holds escalate, bind and impersonate too; `*` among the resources holds secrets, "
    "pods/exec and every kind of object that an operator installs next year. All three wildcards together are cluster-admin "
    "under another name.",
    level=Level.PRODUCTION,
    severity=Severity.MEDIUM,
    demand="3.least-privilege",
    subject=Subject.ACCESS,
    references=(nist("4.3.1"),),
    remedy=Remedy(
        "List the verbs and resources that are used; the API server's audit log shows which ones are.",
        "what was used and not listed is refused",
    ),
    check_yourself="kubectl get roles,clusterroles -A -o yaml | grep -n \"'\\*'\"",
    bad={
        "kubernetes": [
            _ROLE.format(kind="ClusterRole", rule="{apiGroups: ['*'], resources: ['*'], verbs: ['*']}"),
            _ROLE.format(kind="Role", rule="{apiGroups: [''], resources: [configmaps], verbs: ['*']}"),
            _ROLE.format(kind="Role", rule="{apiGroups: [apps], resources: ['*'], verbs: [get]}"),
            _ROLE.format(kind="ClusterRole", rule="{nonResourceURLs: ['*'], verbs: [get]}"),
        ]
    },
    good={
        "kubernetes": [
            _ROLE.format(kind="Role", rule="{apiGroups: [''], resources: [configmaps], verbs: [get, list]}"),
            _ROLE.format(kind="Role", rule="{apiGroups: ['*'], resources: [deployments], verbs: [get]}"),
            _ROLE.format(kind="ClusterRole", rule="{nonResourceURLs: [/healthz, /metrics/*], verbs: [get]}"),
        ]
    },
)


@control.judge
def wildcards(access: Access) -> Iterator[Judgement]:
    yield from judge_rules(access, _fault, good="every verb and resource is named")


def _fault(rule: AccessRule, access: Access) -> Fault | None:
    if ANY in rule.urls:
        return "every path of the API that is no resource", Severity.MEDIUM
    verbs, resources, groups = ANY in rule.verbs, ANY in rule.resources, ANY in rule.groups
    if verbs and resources:
        worst = graver_everywhere(access, Severity.CRITICAL, Severity.HIGH)
        where = "every API group" if groups else f"the API groups {_named(rule.groups)}"
        return f"every verb on every resource of {where}", worst if groups or "" in rule.groups else Severity.MEDIUM
    if verbs:
        return f"every verb on {', '.join(rule.resources)}", Severity.MEDIUM
    if resources:
        severity = Severity.HIGH if groups or "" in rule.groups else Severity.LOW
        return f"{', '.join(rule.verbs)} on every resource of the API groups {_named(rule.groups)}", severity
    return None


def _named(groups: tuple[str, ...]) -> str:
    return ", ".join(group or "core" for group in groups)
