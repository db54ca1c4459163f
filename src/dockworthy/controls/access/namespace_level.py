"""A rule that nothing enforces holds until the first hurry."""

from __future__ import annotations

from collections.abc import Iterator

from ...model.access import Access
from ...model.control import Control, Subject
from ...model.field import Set
from ...model.finding import Evidence, Judgement, Outcome, Remedy, not_applicable, passed
from ...model.levels import Level, Severity

_NAMESPACE = "{{apiVersion: v1, kind: Namespace, metadata: {{name: {name}, labels: {{{label}}}}}}}"
_LABEL = "pod-security.kubernetes.io/enforce"

control = Control(
    id="access/namespace-level",
    title="Each namespace enforces a Pod Security Standard",
    fault="{who} [enforces|enforce] no Pod Security Standard",
    rationale="With the label the API server itself refuses a pod that is not up to the standard, whoever sends it. Without, "
    "only the files that somebody checks are held to it.",
    level=Level.PRODUCTION,
    severity=Severity.MEDIUM,
    demand="2.policy",
    subject=Subject.ACCESS,
    remedy=Remedy(
        "Label the namespace `pod-security.kubernetes.io/enforce: restricted`, first with `warn` and `audit` to see what "
        "would be refused.",
        "pods below the level are refused when they are next created",
    ),
    check_yourself="kubectl get namespace {name} -o jsonpath='{.metadata.labels}'",
    bad={
        "kubernetes": [
            _NAMESPACE.format(name="shop", label=""),
            _NAMESPACE.format(name="shop", label=f"{_LABEL}: privileged"),
            _NAMESPACE.format(name="shop", label=f"{_LABEL}: baseline"),
            _NAMESPACE.format(name="shop", label=f"{_LABEL}: strict"),
        ]
    },
    good={"kubernetes": _NAMESPACE.format(name="shop", label=f"{_LABEL}: restricted")},
)

_PLATFORMS_OWN = frozenset({"kube-system", "kube-public", "kube-node-lease"})


@control.judge
def namespace_level(access: Access) -> Iterator[Judgement]:
    if access.kind != "namespace":
        return
    enforced = access.enforces
    if access.name in _PLATFORMS_OWN:
        yield not_applicable("the platform's own namespace", access.source)
    elif not isinstance(enforced, Set):
        yield _failed("its label enforces no standard", access, Severity.MEDIUM)
    elif enforced.value == "restricted":
        yield passed("restricted is enforced", enforced.source)
    elif enforced.value == "baseline":
        yield _failed("only baseline is enforced", access, Severity.LOW)
    else:
        yield _failed(f"{enforced.value} is enforced: every pod is let in", access, Severity.MEDIUM)


def _failed(says: str, access: Access, severity: Severity) -> Judgement:
    return Judgement(Outcome.FAIL, (Evidence(says, access.enforces.source or access.source),), severity=severity)
