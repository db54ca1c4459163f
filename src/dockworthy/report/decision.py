"""A decision explained: what one control said of a subject, on which line, and what the policy made of it."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from ..errors import UsageError
from ..model.control import Control
from ..model.finding import Evidence, Finding, Outcome
from ..model.levels import Level
from ..model.policy import Policy, UnknownMeans, sources_of
from ..model.result import Result
from .as_json import TOOL
from .document import ToolOut


class FactOut(Struct, frozen=True):
    """A fact, where it stands, and the text of that line where it may be shown."""

    says: str
    where: str | None
    text: str | None


class ControlDecision(Struct, frozen=True):
    """`level` says at which level the subject is held and who says so; `policy` what the policy made of the outcome."""

    control: str
    title: str
    rule: str | None
    subject: str
    outcome: str
    level: str
    facts: tuple[FactOut, ...]
    policy: tuple[str, ...]
    change: tuple[str, ...]


class DecisionDocument(Struct, frozen=True):
    """What `explain CONTROL PATH --format json` prints."""

    schema: int
    tool: ToolOut
    decisions: tuple[ControlDecision, ...]


_ORDER = (Outcome.FAIL, Outcome.UNKNOWN, Outcome.EXCEPTED, Outcome.PENDING, Outcome.PASS, Outcome.NOT_APPLICABLE)


def decisions(control: Control, result: Result, policy: Policy, *, subject: str = "") -> tuple[ControlDecision, ...]:
    """What the control said, failures first; where it said nothing, why. Raises UsageError for no such subject."""
    known = [each.id for each in result.subjects if not subject or _is(each.id, subject)]
    if not known:
        names = ", ".join(each.id for each in result.subjects[:6])
        raise UsageError(f"nothing that was judged is called {subject!r}", hint=f"judged were {names}")
    own = [f for f in result.findings if f.control == control.id and (not subject or _is(f.subject, subject))]
    if own:
        own.sort(key=lambda finding: _ORDER.index(finding.outcome))
        return tuple(_decided(control, finding, result, policy) for finding in own)
    return tuple(_not_asked(control, id, result, policy) for id in known)


def decision_document(found: Sequence[ControlDecision]) -> DecisionDocument:
    """For programs."""
    return DecisionDocument(1, TOOL, tuple(found))


def _is(subject: str, written: str) -> bool:
    return written in (subject, subject.rpartition("#")[2], subject.rpartition("/")[2])


def _decided(control: Control, finding: Finding, result: Result, policy: Policy) -> ControlDecision:
    return ControlDecision(
        control=control.id,
        title=control.title,
        rule=control.rule or None,
        subject=finding.subject,
        outcome=finding.outcome.value,
        level=f"asked from level {finding.level.value} on; {_held(finding.subject, result, policy)}",
        facts=tuple(_fact(evidence, result) for evidence in finding.evidence),
        policy=(*_policy_says(finding, policy), *_of_exceptions(control, result)),
        change=tuple(_changes(finding)),
    )


def _fact(evidence: Evidence, result: Result) -> FactOut:
    source = evidence.source
    if source is None:
        return FactOut(evidence.says, None, None)
    text = result.lines.get(source.where, {}).get(source.line) if source.line is not None else None
    return FactOut(evidence.says, str(source), text)


def _held(subject: str, result: Result, policy: Policy) -> str:
    """At which level, and who says so."""
    sources = sources_of(policy)
    for name, own in policy.levels.items():
        if _is(subject, name):
            place = sources.levels.get(name)
            return f"{name} is held to {own.value} ({place.where}:{place.line})" if place else f"held to {own.value}"
    place = sources.level if policy.level is result.level else None
    by = f"{place.where}:{place.line}" if place is not None else "--level, or the default"
    return f"held to {result.level.value} ({by})"


def _policy_says(finding: Finding, policy: Policy) -> list[str]:
    if finding.exception is not None:
        return [f"accepted: {finding.exception.reason} ({finding.exception.terms})"]
    if finding.outcome is Outcome.FAIL:
        return ["no exception that counts speaks of it"]
    if finding.outcome is Outcome.UNKNOWN:
        place = sources_of(policy).unknown
        where = f" ({place.where}:{place.line})" if place is not None else ""
        fails = policy.unknown is UnknownMeans.FAIL
        return [
            f"`unknown: fail`: what can't be told fails the file{where}" if fails else "listed, and no reason against"
        ]
    return []


def _of_exceptions(control: Control, result: Result) -> list[str]:
    """What was said of exceptions for this control: expired, idle, not understood."""
    ids = {control.id, *control.aliases}
    return [note for note in result.notes if not ids.isdisjoint(note.split())]


def _changes(finding: Finding) -> list[str]:
    if finding.outcome is Outcome.FAIL:
        remedy = [finding.remedy.says] if finding.remedy is not None else []
        comment = f"# dockworthy: allow {finding.control} until YYYY-MM-DD: REASON"
        return [*remedy, f"to accept it instead, an exception under policy.exceptions, or a comment: {comment}"]
    if finding.outcome is Outcome.UNKNOWN:
        return [finding.tell or "a value that can be told where it stands"]
    if finding.exception is not None:
        return [f"past {finding.exception.expires} it is a failure again"]
    return []


def _not_asked(control: Control, subject: str, result: Result, policy: Policy) -> ControlDecision:
    return ControlDecision(
        control=control.id,
        title=control.title,
        rule=control.rule or None,
        subject=subject,
        outcome="not_asked",
        level=f"asked from level {control.level.value} on; {_held(subject, result, policy)}",
        facts=(),
        policy=(_why_not(control, subject, result, policy), *_of_exceptions(control, result)),
        change=(),
    )


def _why_not(control: Control, subject: str, result: Result, policy: Policy) -> str:
    level = next((own for name, own in policy.levels.items() if _is(subject, name)), result.level)
    if not Level(level).includes(control.level):
        return f"not asked: it belongs to level {control.level.value}"
    kind = next((each.kind for each in result.subjects if each.id == subject), control.subject.value)
    if control.platforms is not None:
        return f"not asked: it speaks of {', '.join(sorted(control.platforms))} alone"
    if control.needs_running:
        return "not asked of a file: it judges what a container does while it runs"
    return f"not asked of a {kind}: it judges a {control.subject.value}"
