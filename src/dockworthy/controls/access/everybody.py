"""A role for everybody is a role for whoever finds the API server, or breaks into any pod."""

from __future__ import annotations

from collections.abc import Iterator

from ...model.access import Access, Holder
from ...model.control import Control, Subject, nist
from ...model.finding import Evidence, Judgement, Outcome, Remedy, not_applicable, passed
from ...model.levels import Level, Severity
from ._rbac import BINDINGS, PLATFORMS_OWN

_BINDING = (
    "apiVersion: rbac.authorization.k8s.io/v1\nkind: {kind}\nmetadata: {{name: shop, namespace: shop}}\n"
    "roleRef: {{apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: view}}\nsubjects: [{subject}]\n"
)

control = Control(
    id="access/everybody",
    title="Roles are bound to accounts of their own, not to everybody",
    fault="{who} [grants|grant] rights to everybody",
    rationale="`system:unauthenticated` needs no password at all, `system:authenticated` any account (with some clouds: any "
    "account of that cloud). The `default` service account is the one of every pod that names none.",
    level=Level.PRODUCTION,
    severity=Severity.HIGH,
    demand="3.least-privilege",
    subject=Subject.ACCESS,
    references=(nist("4.3.1"),),
    remedy=Remedy(
        "Make a service account for the one program that needs the role, and name it in the pod and in the binding.",
        "whoever had the role by accident is refused",
    ),
    check_yourself="kubectl get clusterrolebindings,rolebindings -A -o wide | grep -e system: -e /default",
    bad={
        "kubernetes": [
            _BINDING.format(kind="ClusterRoleBinding", subject="{kind: Group, name: system:unauthenticated}"),
            _BINDING.format(kind="ClusterRoleBinding", subject="{kind: Group, name: system:authenticated}"),
            _BINDING.format(kind="RoleBinding", subject="{kind: User, name: system:anonymous}"),
            _BINDING.format(kind="RoleBinding", subject="{kind: ServiceAccount, name: default}"),
            _BINDING.format(kind="RoleBinding", subject="{kind: Group, name: 'system:serviceaccounts:shop'}"),
        ]
    },
    good={
        "kubernetes": [
            _BINDING.format(kind="RoleBinding", subject="{kind: ServiceAccount, name: shop}"),
            _BINDING.format(kind="RoleBinding", subject="{kind: Group, name: shop-operators}"),
        ]
    },
)

_EVERYBODY = {
    "system:unauthenticated": ("anybody, without a password", Severity.CRITICAL),
    "system:anonymous": ("anybody, without a password", Severity.CRITICAL),
    "system:authenticated": ("every account there is", Severity.HIGH),
    "system:serviceaccounts": ("every pod of the cluster", Severity.HIGH),
}
_EVERY_POD_OF = "system:serviceaccounts:"


@control.judge
def everybody(access: Access) -> Iterator[Judgement]:
    if access.kind not in BINDINGS:
        return
    if access.is_platforms_own:
        yield not_applicable(PLATFORMS_OWN, access.source)
        return
    faults = [(fault, holder) for holder in access.holders if (fault := _fault(holder)) is not None]
    if not faults:
        yield passed("bound to accounts of their own", access.source)
        return
    faults.sort(key=lambda found: found[0][1].rank)
    evidence = tuple(Evidence(f"{holder}: {says}", holder.source) for (says, _), holder in faults)
    yield Judgement(Outcome.FAIL, evidence, severity=faults[0][0][1])


def _fault(holder: Holder) -> tuple[str, Severity] | None:
    if holder.kind == "ServiceAccount":
        return ("every pod that names no account", Severity.MEDIUM) if holder.name == "default" else None
    if holder.kind == "Group" and holder.name.startswith(_EVERY_POD_OF):
        return f"every pod of the namespace {holder.name.removeprefix(_EVERY_POD_OF)}", Severity.MEDIUM
    return _EVERYBODY.get(holder.name)
