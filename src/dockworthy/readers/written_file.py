"""What a file is, its content says: the one place that knows which reader is for which syntax."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TypeVar

from msgspec import Struct, structs

from ..errors import UnreadableInput
from ..model.access import Access
from ..model.build import ImageBuild
from ..model.dialect import Version
from ..model.pattern import lazy_pattern
from ..model.workload import Unit
from ..model.written import Written
from .compose import ComposeProgram, is_compose, looks_like_compose, may_be_laid_over
from .dockerfile import is_dockerfile
from .files import FoundFile
from .kubernetes import is_kubernetes
from .marathon import is_marathon
from .recognising import TELLING_SUFFIXES
from .titus import is_titus
from .yaml_source import Value, documents

_OURS = lazy_pattern(
    r"^[\s{,]*[\"']?(?:kind|apiVersion|services|upgradeStrategy|applicationName)[\"']?\s*:", re.MULTILINE
)
"""What a file says that may be a manifest, a Compose file, an app or a job, also where it is broken."""


class Surroundings(Struct, frozen=True):
    """What the meaning of a file depends on: the environment's variables, and which standards a manifest is held to.

    `compose`: the installed Compose, where it is to be asked, too. `trusted`: may the files ask for the variables'
    values? `jobs`: the services that the project's `deploy.jobs` names.
    """

    environ: Mapping[str, str]
    pss_version: Version | None = None
    compose: ComposeProgram | None = None
    trusted: bool = False
    jobs: frozenset[str] = frozenset()


def read_written(found: FoundFile, surroundings: Surroundings) -> Written:
    """What the file says. One that a person named, or that is called as Compose files are, must hold something that can
    be judged; another may say nothing.

    Raises UnreadableInput (file, line).
    """
    text = found.text()
    if _is_build(found, text):
        return Written(builds=(_read_build(found, text),))
    manifests: list[Value] = []
    projects: list[Value] = []
    units = []
    is_project = is_compose if found.must_be_ours else looks_like_compose
    written = list(documents(text, found.name))
    if found.must_be_ours and not written:
        raise UnreadableInput("it is empty: there is nothing to judge", file=found.name)
    is_whole = any(is_project(document) for document in written if not is_kubernetes(document))
    for document in written:
        if is_kubernetes(document):
            manifests.append(document)
        elif is_project(document) or (is_whole and may_be_laid_over(document)):
            projects.append(document)
        elif is_marathon(document) or is_titus(document):
            units += _read_orchestrated(document)
        elif found.must_be_ours:
            raise document.wrong(
                "a Compose file (with services), a Dockerfile, an object of Kubernetes (with kind and apiVersion), an "
                "app of Marathon (with id and container) or a job of Titus (with applicationName and container)"
            )
    project = _read_projects(found, projects, surroundings) if projects else Written()
    beside = _read_manifests(manifests, surroundings) if manifests else Written()
    return Written(
        units=told_apart((*project.units, *units, *beside.units)),
        accesses=told_apart(beside.accesses),
        neighbours=beside.neighbours,
        notes=project.notes,
    )


def _read_projects(found: FoundFile, projects: list[Value], surroundings: Surroundings) -> Written:
    """Each reader is imported where a file of its syntax is met: most calls meet one syntax, and a reader has up to
    thirty files."""
    from .compose.together import read_project

    around = surroundings
    read = read_project(found, projects, environ=around.environ, compose=around.compose, trusted=around.trusted)
    jobs = tuple(structs.replace(unit, is_job=unit.name in around.jobs) for unit in read.units)
    return structs.replace(read, units=jobs) if around.jobs else read


def _read_manifests(manifests: list[Value], surroundings: Surroundings) -> Written:
    from .kubernetes.objects import read_manifests

    return read_manifests(manifests, version=surroundings.pss_version)


def _read_orchestrated(document: Value) -> list[Unit]:
    if is_titus(document):
        from .titus.job import read_titus

        return [read_titus(document)]
    from .marathon.definitions import read_marathon

    return read_marathon(document)


def may_be_ours(found: FoundFile) -> bool:
    """Could a file that can't be read be one of those that are judged? A folder holds files of others, too (a
    tsconfig.json with comments): being broken says nothing of them."""
    try:
        text = found.text()
        return _is_build(found, text) or _OURS.search(text) is not None
    except UnreadableInput:  # it can't even be looked into
        return True


def _is_build(found: FoundFile, text: str) -> bool:
    """YAML and JSON are never Dockerfiles, and are not looked through for one."""
    return not found.name.endswith(TELLING_SUFFIXES) and is_dockerfile(text, found.name)


def _read_build(found: FoundFile, text: str) -> ImageBuild:
    from .dockerfile.build import read_dockerfile

    return read_dockerfile(text, found.name, path=None if found.path == "-" else Path(found.path))


_T = TypeVar("_T", Unit, Access)


def told_apart(found: Iterable[_T]) -> tuple[_T, ...]:
    """Those of one id are told apart by the line, and on one line (JSON without line ends) by their number."""
    found = tuple(found)
    times = Counter(each.id for each in found)
    if len(times) == len(found):
        return found
    met: Counter[str] = Counter()
    lined = (structs.replace(each, id=_with_line(each)) if times[each.id] > 1 else each for each in found)
    return tuple(_numbered(each, met) for each in lined)


def _with_line(found: Unit | Access) -> str:
    line = f"@{found.source.line}"
    return found.id if found.id.endswith(line) else found.id + line


def _numbered(found: _T, met: Counter[str]) -> _T:
    met[found.id] += 1
    return found if met[found.id] == 1 else structs.replace(found, id=f"{found.id}.{met[found.id]}")
