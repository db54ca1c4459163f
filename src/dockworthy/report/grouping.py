"""A hundred containers with one fault are one entry: findings grouped, most serious first."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence

from msgspec import Struct

from ..model.consequences import are_one_fault, brought_with, without_brought
from ..model.counts import number_of
from ..model.fault import fault_sentence, subject_names
from ..model.finding import Finding, Outcome, Remedy
from ..model.levels import Severity
from .visible import short

LONGEST_NAME = 60
"""Characters of a subject's name that a report for people shows."""


class FindingGroup(Struct, frozen=True):
    """Findings of one control, in the order they were found; never empty. `also`: other controls that fail of the same
    subjects for the same facts. `brings`: findings of other controls that these bring with them."""

    findings: tuple[Finding, ...]
    also: tuple[str, ...] = ()
    brings: tuple[Finding, ...] = ()

    @property
    def says(self) -> str:
        """What is wrong, with how many: `2 containers mount the Docker socket`."""
        return fault_sentence(self.findings)

    @property
    def objects(self) -> list[str]:
        """With whom, short; nobody where it is the host or its engine itself, or the sentence speaks of no objects."""
        if self.first.subject == self.first.kind or (self.first.fault and "{" not in self.first.fault):
            return []
        return [short(name, LONGEST_NAME) for name in subject_names(self.findings)]

    @property
    def brought(self) -> list[FindingGroup]:
        """`brings`, one group a control."""
        return grouped(self.brings)

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


Told = tuple[str, list[FindingGroup]]
"""What would tell, and what it would tell of."""


def by_control(findings: Iterable[Finding], outcome: Outcome) -> list[FindingGroup]:
    """The findings with this outcome, one group a control, the most severe first."""
    return grouped(finding for finding in findings if finding.outcome is outcome)


def by_fault(findings: Iterable[Finding]) -> list[FindingGroup]:
    """What fails, as `by_control`, one entry a fault: what another failure brings with it is listed there, and a
    stricter control and a laxer one that rest on the same facts of the same subjects are one entry, which begins with
    the name of the more severe."""
    failing = [finding for finding in findings if finding.outcome is Outcome.FAIL]
    brought = brought_with(failing)
    entries: list[FindingGroup] = []
    for group in by_control_and_severity(without_brought(failing)):
        same = next((n for n, entry in enumerate(entries) if are_one_fault(entry.findings, group.findings)), None)
        if same is None:
            entries.append(group)
        else:
            entries[same] = FindingGroup(entries[same].findings, (*entries[same].also, group.first.control))
    return [_with_what_it_brings(entry, brought) for entry in entries]


def what_matters(groups: Sequence[FindingGroup], least: int = 3) -> Sequence[FindingGroup]:
    """All faults that are critical, and at least so many where there are."""
    critical = sum(group.severity is Severity.CRITICAL for group in groups)
    return groups[: max(critical, least)]


def by_control_and_severity(findings: Iterable[Finding]) -> list[FindingGroup]:
    """Of one control what is critical stands apart from what is not: it would count the others as critical."""
    groups: defaultdict[tuple[str, Severity], list[Finding]] = defaultdict(list)
    for finding in findings:
        groups[finding.control, finding.severity].append(finding)
    return sorted((FindingGroup(tuple(group)) for group in groups.values()), key=lambda group: group.weight)


def _with_what_it_brings(entry: FindingGroup, brought: Iterable[tuple[Finding, Finding]]) -> FindingGroup:
    own = {id(finding) for finding in entry.findings}
    brings = tuple(finding for finding, cause in brought if id(cause) in own)
    return FindingGroup(entry.findings, entry.also, brings) if brings else entry


def number_of_controls(groups: Iterable[FindingGroup]) -> str:
    """`3 controls`: those that lead. What fails with them is no fault more."""
    return number_of(len({group.first.control for group in groups}), "control")


def controls_and_entries(groups: Collection[FindingGroup]) -> str:
    """The same above a list. Where a control has an entry for each of its severities, the entries are counted as well:
    who counts them gets to that number."""
    controls = number_of_controls(groups)
    if len(groups) == len({group.first.control for group in groups}):
        return controls
    return f"{controls} ({len(groups)} entries: one for each severity)"


def grouped(findings: Iterable[Finding]) -> list[FindingGroup]:
    """One group a control, whatever the outcomes, the most severe first."""
    groups: defaultdict[str, list[Finding]] = defaultdict(list)
    for finding in findings:
        groups[finding.control].append(finding)
    return sorted((FindingGroup(tuple(group)) for group in groups.values()), key=lambda group: group.weight)


def by_tell(findings: Iterable[Finding]) -> list[tuple[str, list[FindingGroup]]]:
    """The unknown ones by what would tell; within that, one group a control."""
    groups: defaultdict[str, list[Finding]] = defaultdict(list)
    for finding in findings:
        if finding.outcome is Outcome.UNKNOWN:
            groups[finding.tell].append(finding)
    told = [(tell, by_control(group, Outcome.UNKNOWN)) for tell, group in groups.items()]
    return sorted(told, key=lambda entry: (not entry[0], -how_many(entry[1]), entry[0]))


def told_apart(told: Sequence[Told]) -> tuple[list[Told], list[FindingGroup]]:
    """One question asked of many objects has an answer for each (`docker image inspect …`): such unknowns are put
    together, one group a control and reason. Gives the others, and these."""
    alike: defaultdict[tuple[str, str], list[Told]] = defaultdict(list)
    for tell, groups in told:
        if tell and len(groups) == 1 and len(groups[0].facts) == 1:
            alike[groups[0].first.control, fact_of(groups[0].first)].append((tell, groups))
    several = [entries for entries in alike.values() if len(entries) > 2]
    taken = {tell for entries in several for tell, _ in entries}
    merged = [
        FindingGroup(tuple(finding for _, groups in entries for finding in groups[0].findings)) for entries in several
    ]
    return [entry for entry in told if entry[0] not in taken], merged


def how_many(groups: Sequence[FindingGroup]) -> int:
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
