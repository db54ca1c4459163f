"""Exceptions by comment, applied: each speaks for the subject in whose lines it stands."""

from __future__ import annotations

from collections.abc import Iterable

from ..model.access import Access
from ..model.allowance import Allowance
from ..model.finding import Finding
from ..model.workload import Unit
from ..model.written import Written
from .exceptions import Acceptance


def acceptances_of(allowances: Iterable[Allowance], written: Written) -> tuple[Acceptance, ...]:
    """`allowances`: those of the files that `written` comes from."""
    places = SubjectLines(written)
    return tuple(_acceptance(allowance, places) for allowance in allowances)


class SubjectLines:
    """Where the subjects of the files begin."""

    def __init__(self, written: Written) -> None:
        self.files = written.files_of_subjects()
        self._services: dict[tuple[str, int], set[str]] = {}
        self._objects: dict[str, list[tuple[int, str]]] = {}
        subjects: list[Unit | Access] = [*written.units, *written.accesses]
        for subject in subjects:
            file, line = subject.source.where, subject.source.line
            if line is None:
                continue
            if isinstance(subject, Unit) and not subject.dialect.is_kubernetes:
                self._services.setdefault((file, line), set()).add(subject.id)
            else:
                self._objects.setdefault(file, []).append((line, subject.id))
        self._lined = {id for ids in self._services.values() for id in ids}
        self._lined |= {id for found in self._objects.values() for _, id in found}

    def around(self, allowance: Allowance) -> set[str]:
        """The service whose key encloses the line, or the object (a manifest's document) that began last before it."""
        file = allowance.source.where
        for line in allowance.within:
            if (file, line) in self._services:
                return self._services[(file, line)]
        objects = self._objects.get(file, [])
        last = max((line for line, _ in objects if line <= allowance.first), default=0)
        return {id for line, id in objects if line == last}

    def of(self, subject: str) -> tuple[str, str]:
        """Whose finding it is (one on a part, `Dockerfile:line 3`, is one on the whole), and in which file."""
        while subject not in self.files and ":" in subject:
            subject = subject.rpartition(":")[0]
        return subject, self.files.get(subject, "")

    def has_whole(self, allowance: Allowance) -> bool:
        """Is the file itself a subject beside those that stand in it?"""
        return allowance.source.where in self.files

    def is_whole_file(self, subject: str) -> bool:
        """A Dockerfile, a text: a comment in it can't speak for all of it by standing somewhere."""
        return subject not in self._lined


def _acceptance(allowance: Allowance, places: SubjectLines) -> Acceptance:
    here = places.around(allowance)

    def speaks_of(finding: Finding) -> bool:
        subject, file = places.of(finding.subject)
        if file != allowance.source.where:
            return False
        if allowance.of_file or subject in here:
            return True
        return places.is_whole_file(subject) and _on_its_lines(finding, allowance)

    return Acceptance(
        name=f"the comment that accepts {allowance.control}",
        written=allowance.control,
        reason=allowance.reason,
        owner=allowance.owner,
        expires=allowance.expires,
        where=f"{allowance.source.where}:{allowance.source.line}",
        speaks_of=speaks_of,
        subjects=frozenset(here) if here and not allowance.of_file and not places.has_whole(allowance) else None,
    )


def _on_its_lines(finding: Finding, allowance: Allowance) -> bool:
    """Of a whole file it accepts what is found on the lines that it speaks for."""
    return any(
        evidence.source is not None
        and evidence.source.where == allowance.source.where
        and evidence.source.line is not None
        and allowance.first <= evidence.source.line <= allowance.last
        for evidence in finding.evidence
    )
