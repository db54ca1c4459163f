"""A team's own rules: each becomes a control, so that reports, exceptions and `explain` treat it like any other."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from ..errors import UnreadableInput
from ..model.control import Control, Subject
from ..model.dialect import Platform
from ..model.field import Source
from ..model.finding import Evidence, Judgement, Outcome, Remedy
from ..model.levels import Level
from ..model.policy import Policy, Rule, sources_of
from ..model.workload import Unit

if TYPE_CHECKING:
    from .expression import Expression, Known, NotKnown

DEFAULT_DEMAND = "2.policy"
_ID = re.compile(r"custom/[a-z0-9]+(?:-[a-z0-9]+)*")
_LONGEST_VALUE = 120


def compile_rules(policy: Policy) -> tuple[Control, ...]:
    """Each of the policy's rules as a control.

    Raises UnreadableInput with the line of dockworthy.yaml, and the place inside the expression.
    """
    places = sources_of(policy).conditions
    return tuple(_control(rule, place) for rule, place in zip(policy.rules, places, strict=True))


def _control(rule: Rule, place: Source) -> Control:
    _check_id(rule, place)
    expression = _compiled(rule, place)
    control = Control(
        id=rule.id,
        title=rule.says,
        rationale=rule.why or f"A rule of this project, in {place.where}.",
        level=rule.level or Level.BASELINE,
        severity=rule.severity,
        demand=rule.demand or DEFAULT_DEMAND,
        subject=Subject.UNIT,
        remedy=Remedy(rule.remedy or f"Change it so that this is no longer true: {_one_line(rule.when)}"),
        platforms=frozenset(Platform(platform) for platform in rule.platforms) if rule.platforms else None,
        rule=_one_line(rule.when),
        rule_at=place,
    )
    control.judge(lambda unit: judge(expression, unit))
    return control


def _check_id(rule: Rule, place: Source) -> None:
    if not _ID.fullmatch(rule.id):
        raise UnreadableInput(
            f"policy.rules: {rule.id!r} is no id of a rule",
            file=place.where,
            line=place.line,
            hint="custom/ and words of a-z and 0-9 joined by -, as custom/own-registry",
        )


def _compiled(rule: Rule, place: Source) -> Expression:
    from .expression import ExpressionError, parse
    from .expression.faults import line_and_column, pointed
    from .workload_view import WORKLOAD

    try:
        return parse(rule.when, {"workload": WORKLOAD})
    except ExpressionError as error:
        line, column = line_and_column(rule.when, error.offset)
        where = f"column {column}" if "\n" not in rule.when.rstrip() else f"line {line}, column {column}"
        raise UnreadableInput(
            f"rule {rule.id}: `when`, {where}: {error.says}",
            file=place.where,
            line=place.line,
            hint=error.hint,
            excerpt=pointed(rule.when, error.offset),
        ) from None


def judge(expression: Expression, unit: Unit) -> Judgement:
    """Fails with what the rule found in each container; else unknown with every gap; else passes."""
    from .expression import NotKnown, evaluate
    from .workload_view import workload_of

    faults: list[Evidence] = []
    gaps: list[tuple[str, NotKnown]] = []
    passes: list[Evidence] = []
    for container in unit.containers:
        outcome = evaluate(expression.root, {"workload": workload_of(unit, container)})
        name = f"{container.name}: " if len(unit.containers) > 1 else ""
        if isinstance(outcome, NotKnown):
            gaps.append((name, outcome))
        else:
            (faults if outcome.value else passes).extend(_facts(name, outcome, container.source))
    if faults:
        return Judgement(Outcome.FAIL, tuple(dict.fromkeys(faults)))
    if gaps:
        return _unknown(gaps)
    return Judgement(Outcome.PASS, tuple(dict.fromkeys(passes))[:1] or (Evidence("no container", unit.source),))


def _facts(name: str, outcome: Known, source: Source) -> Iterable[Evidence]:
    """What the answer rests on, each with its place; what depends on nothing is said as that."""
    if not outcome.uses:
        yield Evidence(f"{name}the rule's condition is {str(outcome.value).lower()}, whatever it holds", source)
    for use in outcome.uses:
        yield Evidence(f"{name}{use.path} {_is(use.value)}", use.source or source)


def _unknown(gaps: list[tuple[str, NotKnown]]) -> Judgement:
    evidence = [Evidence(f"{name}{reason.says}", reason.source) for name, gap in gaps for reason in gap.reasons]
    tell = next((reason.tell for _, gap in gaps for reason in gap.reasons if reason.tell), "")
    return Judgement(Outcome.UNKNOWN, tuple(dict.fromkeys(evidence)), tell=tell)


def _is(value: Any) -> str:
    if value is None:
        return "is not set"
    if isinstance(value, bool):
        return f"is {str(value).lower()}"
    if hasattr(value, "entries"):
        return f"has {len(value.entries)} entries"
    if isinstance(value, str | int | float | list):
        text = repr(value)
        return f"is {text if len(text) <= _LONGEST_VALUE else text[:_LONGEST_VALUE] + '…'}"
    return "is set"


def _one_line(text: str) -> str:
    return " ".join(text.split())
