"""A hundred containers with one fault are one entry: findings grouped, most serious first."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from msgspec import Struct

from ..model.finding import Evidence, Finding, Outcome, Remedy
from ..model.levels import Severity
from .visible import short
from .words import number_of

LONGEST_NAME = 60
"""Characters of a subject's name that a report for people shows."""


class Group(Struct, frozen=True):
    """Findings of one control, in the order they were found; never empty. `also`: other controls that fail of the same
    subjects for the same facts."""

    findings: tuple[Finding, ...]
    also: tuple[str, ...] = ()

    @property
    def controls(self) -> tuple[str, ...]:
        """The control that leads, and those that fail with it."""
        return (self.first.control, *self.also)

    @property
    def first(self) -> Finding:
        return self.findings[0]

    @property
    def names(self) -> list[str]:
        """The subjects, short, each once; with their kind where the group has several kinds."""
        several = len({finding.kind for finding in self.findings}) > 1
        return list(dict.fromkeys(name_of(finding, with_kind=several) for finding in self.findings))

    @property
    def facts(self) -> set[str]:
        """The distinct facts that lead the findings."""
        return {fact_of(finding) for finding in self.findings}

    @property
    def remedies(self) -> list[Remedy]:
        """The distinct remedies, that of the first finding first."""
        return list(dict.fromkeys(finding.remedy for finding in self.findings if finding.remedy is not None))

    @property
    def weight(self) -> tuple[int, int, str]:
        """Sorts the most severe first, of these the most frequent."""
        return self.severity.rank, -len(self.findings), self.first.control

    @property
    def severity(self) -> Severity:
        return min({finding.severity for finding in self.findings}, key=lambda severity: severity.rank)


Told = tuple[str, list[Group]]
"""What would tell, and what it would tell of."""


def by_control(findings: Iterable[Finding], outcome: Outcome) -> list[Group]:
    """The findings with this outcome, one group a control, the most severe first."""
    return grouped(finding for finding in findings if finding.outcome is outcome)


def by_fault(findings: Iterable[Finding]) -> list[Group]:
    """What fails, as `by_control`; a stricter control and a laxer one that rest on the same facts of the same subjects
    are one entry, which begins with the name of the more severe."""
    entries: list[Group] = []
    for group in by_control(findings, Outcome.FAIL):
        same = next((n for n, entry in enumerate(entries) if _is_one_fault(entry, group)), None)
        if same is None:
            entries.append(group)
        else:
            entries[same] = Group(entries[same].findings, (*entries[same].also, group.first.control))
    return entries


def _is_one_fault(one: Group, other: Group) -> bool:
    a, b = one.first, other.first
    related = a.control in b.stricter_than or b.control in a.stricter_than
    return related and _facts_of(one) == _facts_of(other)


def _facts_of(group: Group) -> set[tuple[str, tuple[Evidence, ...]]]:
    return {(finding.subject, finding.evidence) for finding in group.findings}


def number_of_controls(groups: Iterable[Group]) -> str:
    """`3 controls`: those that lead, and those that fail with them."""
    return number_of(sum(len(group.controls) for group in groups), "control")


def grouped(findings: Iterable[Finding]) -> list[Group]:
    """One group a control, whatever the outcomes, the most severe first."""
    groups: defaultdict[str, list[Finding]] = defaultdict(list)
    for finding in findings:
        groups[finding.control].append(finding)
    return sorted((Group(tuple(group)) for group in groups.values()), key=lambda group: group.weight)


def by_tell(findings: Iterable[Finding]) -> list[tuple[str, list[Group]]]:
    """The unknown ones by what would tell; within that, one group a control."""
    groups: defaultdict[str, list[Finding]] = defaultdict(list)
    for finding in findings:
        if finding.outcome is Outcome.UNKNOWN:
            groups[finding.tell].append(finding)
    told = [(tell, by_control(group, Outcome.UNKNOWN)) for tell, group in groups.items()]
    return sorted(told, key=lambda entry: (not entry[0], -how_many(entry[1]), entry[0]))


def told_apart(told: Sequence[Told]) -> tuple[list[Told], list[Group]]:
    """One question asked of many objects has an answer for each (`docker image inspect …`): such unknowns are put
    together, one group a control and reason. Gives the others, and these."""
    alike: defaultdict[tuple[str, str], list[Told]] = defaultdict(list)
    for tell, groups in told:
        if tell and len(groups) == 1 and len(groups[0].facts) == 1:
            alike[groups[0].first.control, fact_of(groups[0].first)].append((tell, groups))
    several = [entries for entries in alike.values() if len(entries) > 2]
    taken = {tell for entries in several for tell, _ in entries}
    merged = [Group(tuple(finding for _, groups in entries for finding in groups[0].findings)) for entries in several]
    return [entry for entry in told if entry[0] not in taken], merged


def how_many(groups: Sequence[Group]) -> int:
    """Findings in all of these groups."""
    return sum(len(group.findings) for group in groups)


def name_of(finding: Finding, *, with_kind: bool = False) -> str:
    """The subject without its file, and without its kind: `web` for `compose.yaml#web` and for `container/web`."""
    subject = finding.subject.rpartition("#")[2]
    if not with_kind:
        subject = subject.removeprefix(f"{finding.kind}/").removeprefix(f"{finding.kind}:")
    return short(subject, LONGEST_NAME)


def fact_of(finding: Finding) -> str:
    """The fact that leads a finding."""
    return finding.evidence[0].says if finding.evidence else "no fact was recorded"


def named_fact(finding: Finding, *, with_kind: bool = False) -> str:
    """The fact behind its subject's name, unless it says the name itself."""
    fact = fact_of(finding)
    return fact if says_its_name(finding) else f"{name_of(finding, with_kind=with_kind)}: {fact}"


def says_its_name(finding: Finding) -> bool:
    """Does the fact begin with its subject's name?"""
    return fact_of(finding).split(" ", 1)[0].rstrip(":") == name_of(finding)
