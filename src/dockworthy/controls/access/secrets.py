"""Who may list the secrets of a namespace may read every one of them."""

from __future__ import annotations

from collections.abc import Iterator

from ...model.access import ANY, Access, AccessRule
from ...model.control import Control, Subject
from ...model.finding import Judgement, Remedy
from ...model.levels import Level, Severity
from ._rbac import Fault, graver_everywhere, judge_rules

_ROLE = "apiVersion: rbac.authorization.k8s.io/v1\nkind: {kind}\nmetadata: {{name: shop}}\nrules: [{rule}]\n"

control = Control(
    id="access/secrets",
    title="No role reads secrets that it does not name",
    fault="{who} [reads|read] secrets that [it does|they do] not name",
    rationale="`list` and `watch` answer with the secrets themselves, not only with their names. Among them are the tokens "
    "of other service accounts, and with these their rights.",
    level=Level.PRODUCTION,
    severity=Severity.HIGH,
    demand="7.credentials",
    also_for=("3.least-privilege",),
    subject=Subject.ACCESS,
    remedy=Remedy(
        "Allow `get` on the secrets that are needed, by `resourceNames`; mount them into the pod where that is enough.",
        "whoever listed secrets is refused",
    ),
    check_yourself="kubectl auth can-i --list --as=system:serviceaccount:NAMESPACE:NAME | grep secrets",
    bad={
        "kubernetes": [
            _ROLE.format(kind="Role", rule="{apiGroups: [''], resources: [secrets], verbs: [list]}"),
            _ROLE.format(kind="ClusterRole", rule="{apiGroups: [''], resources: [pods, secrets], verbs: [get]}"),
            _ROLE.format(kind="Role", rule="{apiGroups: [''], resources: ['*'], verbs: [watch]}"),
            _ROLE.format(
                kind="Role",
                rule="{apiGroups: [''], resources: [secrets], verbs: [get], resourceNames: [db]}, "
                "{apiGroups: [''], resources: [secrets], verbs: ['*']}",
            ),
        ]
    },
    good={
        "kubernetes": [
            _ROLE.format(
                kind="Role", rule="{apiGroups: [''], resources: [secrets], verbs: [get], resourceNames: [db]}"
            ),
            _ROLE.format(kind="Role", rule="{apiGroups: [''], resources: [secrets], verbs: [create]}"),
            _ROLE.format(kind="ClusterRole", rule="{apiGroups: [networking.k8s.io], resources: ['*'], verbs: [list]}"),
        ]
    },
)

_READING = ("get", "list", "watch")


@control.judge
def secrets(access: Access) -> Iterator[Judgement]:
    yield from judge_rules(access, _fault, good="no secret can be read that is not named")


def _fault(rule: AccessRule, access: Access) -> Fault | None:
    if rule.names or (ANY in rule.resources and ANY in rule.verbs):  # a wildcard of both is a fault of its own
        return None
    verbs = rule.verbs_on("", "secrets", _READING)
    if not verbs:
        return None
    everywhere = "every secret of every namespace it is bound in" if access.reaches_everything else "every secret"
    return f"{', '.join(verbs)} on {everywhere}", graver_everywhere(access, Severity.HIGH, Severity.MEDIUM)
