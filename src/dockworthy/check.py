"""Are these files fit for production? Read -> judge -> answer: the whole story of `dockworthy check`."""

from __future__ import annotations

import datetime
import os
import re
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from .controls.judging import judge_units
from .errors import UnreadableInput, UsageError
from .facts.written_secrets import with_secrets_marked
from .model.dialect import Version
from .model.levels import Level
from .model.policy import Policy
from .model.result import Result, SubjectResult
from .model.workload import Unit
from .policy.exceptions import apply_exceptions
from .readers.compose import is_compose, looks_like_compose, read_compose
from .readers.files import FoundFile, find_files
from .readers.kubernetes import is_kubernetes, read_kubernetes
from .readers.yaml_source import Value, documents
from .report.words import number_of
from .verdict.answer import answer_for_files
from .verdict.subjects import subjects_of
from .verdict.weighing import Weighing

NO_POLICY = Policy()

_OURS = re.compile(r"^[\s{,]*[\"']?(?:kind|apiVersion|services)[\"']?\s*:", re.MULTILINE)
"""What a file says that may be a manifest or a Compose file, also where it is broken."""


def check(
    paths: Sequence[str], *, level: Level, pss_version: Version | None = None, policy: Policy = NO_POLICY
) -> Result:
    """Judges every file; one that can't be read is named in `unread` and the others are judged all the same.

    `-` is standard input. Raises UsageError where a path does not exist or nothing that can be judged was found.
    """
    units: dict[str, Unit] = {}
    unread: list[tuple[str, str]] = []
    for found in find_files(paths, stdin=sys.stdin.buffer):
        try:
            for unit in with_secrets_marked(_read(found, pss_version)):
                units.setdefault(unit.id, unit)  # a file that is walked may be included by another one, too
        except UnreadableInput as error:
            if found.named_by_user or _may_be_meant(found):
                unread.append((found.name, error.says))
    if not units and not unread:
        raise UsageError(
            "nothing to judge: no service and no pod was found in " + ", ".join(paths),
            hint="dockworthy reads Compose files and Kubernetes manifests; name a file or a folder that holds some",
        )
    return _judged(units.values(), unread, level, policy)


def _may_be_meant(found: FoundFile) -> bool:
    """A folder holds files that are none of ours (a tsconfig.json with comments): being broken says nothing of them."""
    try:
        return _OURS.search(found.text()) is not None
    except UnreadableInput:  # it can't even be looked into
        return True


def _read(found: FoundFile, pss_version: Version | None) -> list[Unit]:
    """What a file is, its content says; one that a person named must be something that can be judged."""
    pods: list[Value] = []
    units: list[Unit] = []
    folder = Path(os.path.dirname(found.path))
    is_project = is_compose if found.named_by_user else looks_like_compose
    for document in documents(found.text(), found.name):
        if is_kubernetes(document):
            pods.append(document)
        elif is_project(document):
            units += read_compose(document, environ=os.environ, folder=folder)
        elif found.named_by_user:
            raise document.wrong(
                "a Compose file (with services), or an object of Kubernetes (with kind and apiVersion)"
            )
    return units + read_kubernetes(pods, version=pss_version)


def _judged(units: Iterable[Unit], unread: list[tuple[str, str]], level: Level, policy: Policy) -> Result:
    units = list(units)
    today = datetime.datetime.now(datetime.UTC).date()
    judged = judge_units(units, level, policy.levels)
    findings, notes = apply_exceptions(judged, policy.exceptions, today=today)
    files = {unit.id: unit.source.where for unit in units}
    subjects: tuple[SubjectResult, ...] = subjects_of(findings, files=files)
    return Result(
        command="check",
        level=level,
        verdict=answer_for_files(findings, subjects, unread),
        subjects=subjects,
        findings=findings,
        demands=Weighing(findings, level).demands_seen(),
        read=(f"{number_of(len(units), 'unit')} in {number_of(len(set(files.values())), 'file')}",),
        unread=tuple(unread),
        notes=(*(note for unit in units for note in unit.notes), *notes),
    )
