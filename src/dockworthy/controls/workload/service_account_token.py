"""A token of the API server in a pod that never asks it is a key left in the door."""

from __future__ import annotations

from ...model.control import Control, Subject
from ...model.field import Set
from ...model.finding import Judgement, Remedy, failed, passed, unknown
from ...model.levels import Level, Severity
from ...model.workload import Unit
from ._platforms import PODS

_POD = "{{kind: Pod, metadata: {{name: a}}, spec: {{{more}containers: [{{name: a}}]}}}}"
_BINDING = (
    "---\nkind: RoleBinding\nmetadata: {name: a}\nroleRef: {kind: Role, name: a}\n"
    "subjects: [{kind: ServiceAccount, name: shop}]"
)

control = Control(
    id="workload/service-account-token",
    title="Only pods that use the API server hold a token for it",
    fault="{who} [holds|hold] a token of the API server without need",
    rationale="Unless it is switched off, every pod gets the token of its service account. Who breaks into the program has "
    "the account's rights at once, and with the default account those that anybody ever bound to it.",
    level=Level.PRODUCTION,
    severity=Severity.MEDIUM,
    demand="3.least-privilege",
    also_for=("7.credentials",),
    subject=Subject.UNIT,
    platforms=PODS,
    remedy=Remedy(
        "Set `automountServiceAccountToken: false`; a pod that asks the API gets a service account of its own.",
        "recreates the pod; a program that asks the API without an account of its own is refused",
    ),
    bad={
        "kubernetes": [
            _POD.format(more=""),
            _POD.format(more="automountServiceAccountToken: true, "),
            _POD.format(more="serviceAccountName: default, ") + "\n" + _BINDING.replace("name: shop", "name: default"),
            _POD.format(more="serviceAccountName: shop, automountServiceAccountToken: true, ")
            + "\n---\n{kind: ServiceAccount, metadata: {name: default}, automountServiceAccountToken: true}"
            + "\n---\n"
            + _POD.format(more="").replace("name: a}, spec", "name: b}, spec"),
        ]
    },
    good={
        "kubernetes": [
            _POD.format(more="automountServiceAccountToken: false, "),
            _POD.format(more="serviceAccountName: shop, ") + "\n" + _BINDING,
            _POD.format(more="")
            + "\n---\n{kind: ServiceAccount, metadata: {name: default}, automountServiceAccountToken: false}",
        ]
    },
    unclear={"kubernetes": _POD.format(more="serviceAccountName: shop, ")},
)


@control.judge
def service_account_token(unit: Unit) -> Judgement:
    own = unit.orchestrated
    mounted = own.token_mounted if isinstance(own.token_mounted, Set) else own.account_token
    if isinstance(mounted, Set) and not mounted.value:
        return passed("no token is mounted", mounted.source)
    account = own.service_account
    place = mounted.source if isinstance(mounted, Set) else account.source
    if not isinstance(account, Set) or account.value in ("", "default"):
        return failed("the token of the default service account is mounted", place or unit.source)
    if isinstance(own.grants, Set):
        names = ", ".join(grant.name for grant in own.grants.value)
        return passed(f"its account {account.value} has rights at the API by {names}", own.grants.source)
    return unknown(
        f"the token of the account {account.value} is mounted, and whether it needs any right is not in these files",
        account.source,
        tell=f"kubectl get rolebindings,clusterrolebindings -A -o wide | grep {account.value}",
    )
