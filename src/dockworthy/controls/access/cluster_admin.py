"""cluster-admin may do everything, and so may whoever steals a token of its holder."""

from __future__ import annotations

from collections.abc import Iterator

from ...model.access import Access
from ...model.control import Control, Subject, nist
from ...model.finding import Evidence, Judgement, Outcome, Remedy, not_applicable, passed
from ...model.levels import Level, Severity
from ._rbac import BINDINGS, PLATFORMS_OWN

_BINDING = (
    "apiVersion: rbac.authorization.k8s.io/v1\nkind: {kind}\nmetadata: {{name: shop}}\n"
    "roleRef: {{apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: {role}}}\n"
    "subjects: [{{kind: ServiceAccount, name: shop, namespace: shop}}]\n"
)

control = Control(
    id="access/cluster-admin",
    title="Nobody is bound to cluster-admin",
    fault="{who} [grants|grant] cluster-admin",
    rationale="A program that is cluster-admin makes each hole in it a hole in the cluster. People who need it seldom should "
    "take it for the time that they need it.",
    level=Level.PRODUCTION,
    severity=Severity.CRITICAL,
    demand="3.least-privilege",
    also_for=("6.orchestrators",),
    subject=Subject.ACCESS,
    references=(nist("4.3.1"),),
    remedy=Remedy(
        "Bind a role that lists what is needed; for people a role that may impersonate the administrator, so that it is logged.",
        "what only cluster-admin may do is refused",
    ),
    check_yourself="kubectl get clusterrolebindings,rolebindings -A -o wide | grep cluster-admin",
    bad={
        "kubernetes": [
            _BINDING.format(kind="ClusterRoleBinding", role="cluster-admin"),
            _BINDING.format(kind="RoleBinding", role="cluster-admin"),
        ]
    },
    good={"kubernetes": _BINDING.format(kind="RoleBinding", role="view")},
)


@control.judge
def cluster_admin(access: Access) -> Iterator[Judgement]:
    if access.kind not in BINDINGS:
        return
    if access.is_platforms_own:
        yield not_applicable(PLATFORMS_OWN, access.source)
    elif access.role != "clusterrole/cluster-admin" or not access.holders:
        yield passed(f"it binds {access.role.partition('/')[2] or 'no role'}", access.role_source)
    else:
        where = "in every namespace" if access.reaches_everything else f"in the namespace {access.namespace}"
        says = f"cluster-admin {where}: {', '.join(map(str, access.holders))}"
        severity = Severity.CRITICAL if access.reaches_everything else Severity.HIGH
        yield Judgement(Outcome.FAIL, (Evidence(says, access.role_source),), severity=severity)
