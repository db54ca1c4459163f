"""What a change can't bring along in silence: what is hidden now, and subjects that take an old leniency for theirs."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from msgspec import structs

from ..model.field import Source
from ..model.finding import Evidence, Finding, Outcome, Remedy
from ..model.hidden import is_hidden
from ..model.levels import Level, Severity
from ..model.policy import Policy, sources_of

_WRITE_IT_OUT = Remedy(
    "Write the value out where it stands, or give the variable a value in `.env` beside the file: what is read from "
    "the environment, or from outside of the checkout, can't be judged here.",
    "",
)
_HIDES = "{who} [hides|hide] what {control} asks"


class Newcomers:
    """`before`: every finding at the base, under the names of today. `since` names the base."""

    def __init__(self, before: Sequence[Finding], since: str) -> None:
        self._since = since
        self._subjects = {_normal(finding.subject) for finding in before}
        self._names = {_name(subject) for subject in self._subjects}
        self._hidden: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
        self._used: set[tuple[str, str]] = set()
        for finding in before:
            if finding.outcome is Outcome.UNKNOWN:
                self._hidden[finding.control, _normal(finding.subject)] |= {fact.says for fact in finding.evidence}
            elif finding.exception is not None:
                self._used.add((finding.control, finding.exception.where))

    def policy_for(self, policy: Policy, level: Level, named: Iterable[tuple[str, str]]) -> tuple[Policy, list[str]]:
        """The policy without lower levels that only new subjects would take. `named`: each subject's name and id."""
        notes: list[str] = []
        levels = dict(policy.levels)
        for name, id in named:
            own = next((each for each in (name, id) if each in policy.levels), "")
            if not own or self._was_there(id) or not level.includes(policy.levels[own]) or policy.levels[own] is level:
                continue
            place = _place(sources_of(policy).levels.get(own))
            if own in self._names or own in self._subjects:
                notes.append(f"{id} is new and is held to level {policy.levels[own].value}, as {own} was ({place})")
            elif levels.pop(own, None) is not None:
                notes.append(
                    f"{id} is held to level {level.value}: at {self._since} nothing was called {own!r}, so that level "
                    f"{policy.levels[own].value} does not count for it ({place})"
                )
        return structs.replace(policy, levels=levels), notes

    def with_hidden_failing(self, findings: Iterable[Finding]) -> Iterator[Finding]:
        """What can't be told because it is hidden fails, unless the same was hidden at the base. Of a subject that was
        not there, only what every container must satisfy. One that may be another one renamed is held to what that one
        showed."""
        findings = list(findings)
        now = {_normal(finding.subject) for finding in findings}
        gone = {each for each in self._subjects if not {each, _whole(each)} & now}
        for finding in findings:
            unknown = finding.outcome is Outcome.UNKNOWN
            yield self._failing(finding) if unknown and self._fails(finding, gone) else finding

    def _fails(self, finding: Finding, gone: set[str]) -> bool:
        subject = _normal(finding.subject)
        was_there = self._was_there(subject)
        earlier = {subject} if was_there else self._earlier_names(subject, gone)
        hidden = {fact.says for fact in finding.evidence if is_hidden(fact.says)}
        if not hidden - set[str]().union(*(self._hidden.get((finding.control, each), ()) for each in earlier)):
            return False
        grave = finding.level is Level.BASELINE and finding.severity in (Severity.CRITICAL, Severity.HIGH)
        return grave or was_there or bool(earlier)

    def _earlier_names(self, subject: str, gone: set[str]) -> set[str]:
        """Those of the base that this one may be: gone from its file, or from any where the file is new, too."""
        file = _file(subject)
        is_new = all(_file(each) != file for each in self._subjects)
        return {each for each in gone if is_new or _file(each) == file}

    def _failing(self, finding: Finding) -> Finding:
        evidence = tuple(
            Evidence(f"{fact.says}; at {self._since} it was not", fact.source) if is_hidden(fact.says) else fact
            for fact in finding.evidence
        )
        return structs.replace(
            finding,
            outcome=Outcome.FAIL,
            evidence=evidence,
            fault=_HIDES.replace("{control}", finding.control),
            remedy=_WRITE_IT_OUT,
            tell="",
        )

    def without_old_exceptions(
        self, findings: Iterable[Finding], policy: Policy, notes: list[str]
    ) -> Iterator[Finding]:
        """An exception of the policy that accepted nothing at the base waited for nobody: what is new fails."""
        places = {_place(place) for place in sources_of(policy).exceptions}
        for finding in findings:
            risk = finding.exception
            if risk is None or risk.where not in places or self._was_there(finding.subject):
                yield finding
                continue
            name = f"{risk.where}: the exception for {finding.control}"
            if (finding.control, risk.where) in self._used:
                notes.append(f"{name} counts for {finding.subject} as well, which is new")
                yield finding
            else:
                notes.append(
                    f"{name} does not count for {finding.subject}: at {self._since} it accepted nothing, and "
                    "that was not there"
                )
                hidden = any(is_hidden(fact.says) for fact in finding.evidence)
                unknown = hidden and not finding.fault.startswith(_HIDES[:6])
                outcome = Outcome.UNKNOWN if unknown else Outcome.FAIL
                yield structs.replace(finding, outcome=outcome, exception=None)

    def _was_there(self, subject: str) -> bool:
        """Itself, or the one of which it is a part (`web:/etc`)."""
        name = _normal(subject)
        return name in self._subjects or _whole(name) in self._subjects


def _normal(subject: str) -> str:
    file, mark, inside = subject.partition("#")
    return os.path.normpath(file) + mark + inside


def _file(subject: str) -> str:
    return subject.partition("#")[0]


def _whole(subject: str) -> str:
    """The subject of which this is a part; empty for one that is whole."""
    return subject.rpartition(":")[0]


def _name(subject: str) -> str:
    return subject.rsplit("#", 1)[-1].split("/", 1)[-1]


def _place(source: Source | None) -> str:
    if source is None:
        return "dockworthy.yaml"
    return source.where if source.line is None else f"{source.where}:{source.line}"
