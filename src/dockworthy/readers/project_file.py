"""dockworthy.yaml: found upward, read strictly: an unknown key is an error with the nearest known name."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from ..errors import UnreadableInput
from ..input_files import read_input
from ..model.demands import DEMANDS
from ..model.deploy_settings import DeploySettings
from ..model.guard_policy import NO_LIMIT
from ..model.policy import Exposure, ProjectFile, Reach
from ..model.ports import Ports
from .strict_document import converted, nearest, value_at
from .yaml_source import Value, documents

NAME = "dockworthy.yaml"
_MOST_BYTES = 1024 * 1024
_LIMITS = ("projects", "images")
_NO_DEPLOY = DeploySettings()


def find_project_file(folder: Path) -> Path | None:
    """The nearest dockworthy.yaml, here or above; in a Git checkout, up to its top: what lies above is another's."""
    here = folder.resolve()
    for place in (here, *here.parents):
        if (place / NAME).is_file():
            return place / NAME
        if (place / ".git").exists():
            return None
    return None


def text_of_file(path: Path) -> str:
    """Raises UnreadableInput."""
    raw = read_input(path, most=_MOST_BYTES)
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UnreadableInput("not UTF-8", file=str(path), line=raw.count(b"\n", 0, error.start) + 1) from error


def parse_project_file(text: str, file: str) -> ProjectFile:
    """A text that `file` names in errors, without what it extends."""
    return parse_document(text, file)[0]


def parse_document(text: str, file: str) -> tuple[ProjectFile, Value | None]:
    """The same, with the document that it was made from; None where the text holds none."""
    read = list(documents(text, file))
    if not read:
        return ProjectFile(), None
    if len(read) > 1:
        raise UnreadableInput("more than one document", file=file, line=read[1].line)
    project = converted(read[0], ProjectFile)
    _check_demands(project, read[0])
    _check_limits(project, read[0])
    _check_published(project.harden.published or {}, read[0])
    if project.deploy != _NO_DEPLOY:
        from .deploy_routes import check_deploy  # most projects have none

        check_deploy(project.deploy, read[0])
    return project, read[0]


def _check_demands(project: ProjectFile, document: Value) -> None:
    named = [(f".evidence[{index}].demand", each.demand) for index, each in enumerate(project.evidence)]
    named += [(f".policy.rules[{i}].demand", rule.demand) for i, rule in enumerate(project.policy.rules) if rule.demand]
    for path, demand in named:
        if demand not in DEMANDS:
            raise UnreadableInput(
                f"there is no demand {demand!r}",
                file=document.file,
                line=value_at(document, path).line,
                hint=nearest(demand, DEMANDS) or "`dockworthy assess` lists them",
            )


def _check_limits(project: ProjectFile, document: Value) -> None:
    """An empty list would be no limit at all."""
    paths = [".guard.registries", ".guard.ports"]
    paths += [f".guard.roles[{index}].{key}" for index in range(len(project.guard.roles)) for key in _LIMITS]
    for path in paths:
        parent, _, key = path.rpartition(".")
        found = value_at(document, parent).get(key) if value_at(document, parent).is_mapping else None
        if found is not None and found.is_sequence and not found.items():
            raise UnreadableInput(
                f"{path[1:]}: expected a list of at least one entry",
                file=found.file,
                line=found.line,
                hint=NO_LIMIT,
            )


def _check_published(published: Mapping[str, Reach], document: Value) -> None:
    """Raises UnreadableInput with the line of a port or a network that is none."""
    where = value_at(document, ".harden.published")
    named: dict[Ports, str] = {}
    for name, reach in published.items():
        line = where.line_of_key(name)
        try:
            if (twin := named.setdefault(Ports.parse(name), name)) != name:
                raise ValueError(f"{name!r} and {twin!r} are the same port")
            for text in () if isinstance(reach, Exposure) else reach:
                line = value_at(where, f".{name}").line
                _check_network(text)
        except ValueError as error:
            raise UnreadableInput(f"harden.published: {error}", file=document.file, line=line) from None


def _check_network(text: str) -> None:
    """Raises ValueError."""
    from ipaddress import ip_network  # most projects name none

    ip_network(text)
