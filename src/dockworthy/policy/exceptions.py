"""Exceptions: failures that somebody accepts until a day. Past it they are failures again."""

from __future__ import annotations

import datetime
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

from msgspec import Struct, structs

from ..model.control_ids import id_of_today, no_such_control
from ..model.field import Source
from ..model.finding import AcceptedRisk, Finding, Outcome
from ..model.policy import Policy, PolicyException, sources_of


class Acceptance(Struct, frozen=True):
    """An exception, whether dockworthy.yaml or a comment holds it: `name` says which, `where` as file:line. `written`
    is the control's id as it stands there."""

    name: str
    written: str
    reason: str
    owner: str
    expires: datetime.date
    where: str
    speaks_of: Callable[[Finding], bool]
    """Of this finding, whose control is the right one?"""
    subjects: frozenset[str] | None = None
    """All that it may speak of, where that is known before any finding is looked at."""

    @property
    def control(self) -> str:
        """The id of today: an exception outlives a rename."""
        return id_of_today(self.written)


class _ByControl:
    """Which exceptions may speak of a finding, in their order: thousands of them are not asked of each."""

    def __init__(self, acceptances: Sequence[Acceptance]) -> None:
        self._of_any: defaultdict[str, list[int]] = defaultdict(list)
        self._of_one: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
        for index, each in enumerate(acceptances):
            if each.subjects is None:
                self._of_any[each.control].append(index)
            for subject in each.subjects or ():
                self._of_one[each.control, subject].append(index)

    def of(self, finding: Finding) -> list[int]:
        subject, found = finding.subject, list(self._of_any.get(finding.control, ()))
        while subject:  # one on a part of a subject (`web:/etc`) is one on the subject
            found += self._of_one.get((finding.control, subject), ())
            subject = subject.rpartition(":")[0]
        return sorted(found)


def written_in(policy: Policy) -> tuple[Acceptance, ...]:
    """The exceptions that the policy holds."""
    places = sources_of(policy).exceptions
    return tuple(_acceptance(each, place) for each, place in zip(policy.exceptions, places, strict=True))


def _acceptance(exception: PolicyException, place: Source) -> Acceptance:
    return Acceptance(
        name=f"the exception for {exception.control} on {exception.subject}",
        written=exception.control,
        reason=exception.reason,
        owner=exception.owner,
        expires=exception.expires,
        where=place.where if place.line is None else f"{place.where}:{place.line}",
        speaks_of=lambda finding: _is_named(exception.subject, finding.subject),
    )


def _is_named(written: str, subject: str) -> bool:
    """By the whole id (`container/db`, `compose.yaml#db`) or by the name alone (`db`); `*` is every subject."""
    return written in ("*", subject, subject.rsplit("#", 1)[-1].split("/", 1)[-1])


def apply_exceptions(
    findings: Iterable[Finding],
    acceptances: Sequence[Acceptance],
    *,
    today: datetime.date,
    controls: Collection[str] | None = None,
    of_unknown: bool = False,
) -> tuple[tuple[Finding, ...], tuple[str, ...]]:
    """The findings with accepted failures marked, and what a reader must know of the exceptions: expired, or idle.

    `of_unknown`: where what is unknown counts against the answer, an exception accepts that, too. `controls` are the
    ids there are, where that is known: an exception for any other one is a slip of the pen.
    """
    findings = tuple(findings)
    used: set[int] = set()
    by_control = _ByControl(acceptances)
    accepted = (Outcome.FAIL, Outcome.UNKNOWN) if of_unknown else (Outcome.FAIL,)
    weighed = tuple(
        _weighed(finding, acceptances, by_control, used, today) if finding.outcome in accepted else finding
        for finding in findings
    )
    met = _what_they_meet(findings, acceptances, by_control)
    notes = (_note(each, index in used, met[index], today, controls) for index, each in enumerate(acceptances))
    return weighed, (*_renamed(acceptances), *(note for note in notes if note))


def _renamed(acceptances: Iterable[Acceptance]) -> Iterator[str]:
    """A sentence for each id of before, however many exceptions name it."""
    places: defaultdict[str, list[str]] = defaultdict(list)
    for each in acceptances:
        if each.written != each.control:
            places[each.written].append(each.where)
    for old, where in places.items():
        more = f" and {len(where) - 1} more" if where[1:] else ""
        yield f"{where[0]}{more}: {old} is called {id_of_today(old)} now; the old id counts all the same"


def _what_they_meet(
    findings: Sequence[Finding], acceptances: Sequence[Acceptance], by_control: _ByControl
) -> list[set[Outcome] | None]:
    """The outcomes that each speaks of; None where its control judged nothing at all, as at a lower level."""
    judged = {finding.control for finding in findings}
    met: list[set[Outcome] | None] = [set() if each.control in judged else None for each in acceptances]
    for finding in findings:
        for index in by_control.of(finding):
            outcomes = met[index]
            if outcomes is not None and finding.outcome not in outcomes and acceptances[index].speaks_of(finding):
                outcomes.add(finding.outcome)
    return met


def _note(
    acceptance: Acceptance,
    used: bool,
    met: set[Outcome] | None,
    today: datetime.date,
    controls: Collection[str] | None,
) -> str:
    name = f"{acceptance.where}: {acceptance.name}"
    if controls is not None and acceptance.control not in controls:
        return f"{name} accepts nothing: {no_such_control(acceptance.written, controls)}"
    if acceptance.expires < today:
        again = ": it is a failure again" if met and Outcome.FAIL in met else f", and {_idle(met)}"
        by = f" ({acceptance.owner})" if acceptance.owner else ""
        return f"{name} expired on {acceptance.expires}{again}{by}"
    return "" if used else f"{name} {_idle(met)}"


def _idle(met: set[Outcome] | None) -> str:
    """Only where the control passes is an exception of no more use: elsewhere, or at another level, it may count."""
    if met is None:
        return "matches no failure: its control judged nothing here"
    if not met:
        return "matches no failure: what it speaks of was not judged here"
    if Outcome.UNKNOWN in met:
        return "matches no failure: whether it is needed is unknown"
    return "matches no failure: it can be removed"


def _weighed(
    finding: Finding,
    acceptances: Sequence[Acceptance],
    by_control: _ByControl,
    used: set[int],
    today: datetime.date,
) -> Finding:
    for index in by_control.of(finding):
        each = acceptances[index]
        if each.expires >= today and each.speaks_of(finding):
            used.add(index)
            risk = AcceptedRisk(each.reason, each.owner, each.expires.isoformat(), each.where)
            return structs.replace(finding, outcome=Outcome.EXCEPTED, exception=risk)
    return finding
