"""What a file is, its content says: the one place that knows which reader is for which syntax."""

from __future__ import annotations

import re
from collections.abc import Mapping

from msgspec import Struct

from ..errors import UnreadableInput
from ..model.dialect import Version
from ..model.workload import Unit
from ..model.written import Written
from .compose import ComposeProgram, is_compose, looks_like_compose, read_project
from .files import FoundFile
from .kubernetes import is_kubernetes, read_manifests
from .marathon import is_marathon
from .titus import is_titus
from .yaml_source import Value, documents

_OURS = re.compile(
    r"^[\s{,]*[\"']?(?:kind|apiVersion|services|upgradeStrategy|applicationName)[\"']?\s*:", re.MULTILINE
)
"""What a file says that may be a manifest, a Compose file, an app or a job, also where it is broken."""


class Surroundings(Struct, frozen=True):
    """What the meaning of a file depends on: the environment's variables, and which standards a manifest is held to.

    `compose`: the installed Compose, where it is to be asked, too.
    """

    environ: Mapping[str, str]
    pss_version: Version | None = None
    compose: ComposeProgram | None = None


def read_written(found: FoundFile, surroundings: Surroundings) -> Written:
    """What the file says. One that a person named must be something that can be judged; another may say nothing.

    Raises UnreadableInput (file, line).
    """
    manifests: list[Value] = []
    projects: list[Value] = []
    units = []
    is_project = is_compose if found.named_by_user else looks_like_compose
    for document in documents(found.text(), found.name):
        if is_kubernetes(document):
            manifests.append(document)
        elif is_project(document):
            projects.append(document)
        elif is_marathon(document) or is_titus(document):
            units += _read_orchestrated(document)
        elif found.named_by_user:
            raise document.wrong(
                "a Compose file (with services), an object of Kubernetes (with kind and apiVersion), an app of "
                "Marathon (with id and container) or a job of Titus (with applicationName and container)"
            )
    beside = read_manifests(manifests, version=surroundings.pss_version)
    project = Written()
    if projects:
        project = read_project(found, projects, environ=surroundings.environ, compose=surroundings.compose)
    return Written(
        units=(*project.units, *units, *beside.units),
        accesses=beside.accesses,
        neighbours=beside.neighbours,
        notes=project.notes,
    )


def _read_orchestrated(document: Value) -> list[Unit]:
    """Imported where one is met: they bring the reading of `docker run` with them."""
    if is_titus(document):
        from .titus.job import read_titus

        return [read_titus(document)]
    from .marathon.definitions import read_marathon

    return read_marathon(document)


def may_be_ours(found: FoundFile) -> bool:
    """Could a file that can't be read be one of those that are judged? A folder holds files of others, too (a
    tsconfig.json with comments): being broken says nothing of them."""
    try:
        return _OURS.search(found.text()) is not None
    except UnreadableInput:  # it can't even be looked into
        return True
