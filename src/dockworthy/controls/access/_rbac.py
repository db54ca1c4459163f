"""What the controls on roles share: who is asked, and how bad a rule is."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from ...model.access import Access, AccessRule
from ...model.finding import Evidence, Judgement, Outcome, not_applicable, passed
from ...model.levels import Severity

ROLES = frozenset({"role", "clusterrole"})
BINDINGS = frozenset({"rolebinding", "clusterrolebinding"})
PLATFORMS_OWN = "made by the API server itself, which sets it right again at every start"

Fault = tuple[str, Severity]


def judge_rules(
    access: Access, fault_of: Callable[[AccessRule, Access], Fault | None], *, good: str
) -> Iterator[Judgement]:
    """Of a role: fails with every rule that has a fault, as bad as the worst; other objects are not asked."""
    if access.kind not in ROLES:
        return
    if access.is_platforms_own:
        yield not_applicable(PLATFORMS_OWN, access.source)
        return
    faults = [(fault, rule.source) for rule in access.rules if (fault := fault_of(rule, access)) is not None]
    if not faults:
        yield passed(good, access.source)
        return
    faults.sort(key=lambda found: found[0][1].rank)
    evidence = tuple(Evidence(says, source) for (says, _), source in faults)
    yield Judgement(Outcome.FAIL, evidence, severity=faults[0][0][1])


def graver_everywhere(access: Access, everywhere: Severity, in_one_namespace: Severity) -> Severity:
    """A cluster role can be bound in every namespace at once."""
    return everywhere if access.reaches_everything else in_one_namespace
