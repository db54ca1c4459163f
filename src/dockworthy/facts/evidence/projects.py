"""The folders from which containers were made: are they under version control, does a pipeline stand beside them?"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from ...model.evidence import ProjectFolder
from ...model.labels import COMPOSE_CONFIG_FILES, COMPOSE_PROJECT, COMPOSE_WORKING_DIR
from ..host.masking import mask_urls
from ..host.root import Root, clean
from .systemd import parse_unit

_MOST = 50
_HIGHEST = 12
_PIPELINES = (
    ".gitlab-ci.yml", ".woodpecker.yml", ".woodpecker.yaml", ".drone.yml", "Jenkinsfile", ".circleci/config.yml",
    "azure-pipelines.yml", "bitbucket-pipelines.yml", ".buildkite/pipeline.yml", ".travis.yml",
)  # fmt: skip
_PIPELINE_FOLDERS = (".github/workflows", ".forgejo/workflows", ".gitea/workflows", ".woodpecker")
_BUILDS = re.compile(r"docker(?:x| buildx)? (?:build|bake)|compose build|kaniko|buildah|build-push-action|\bko build")
_DEPLOYS = re.compile(
    r"compose\b.*\bup\b|stack deploy|service update|dockworthy deploy|kamal deploy|ansible-playbook|docker-stack-deploy"
)
_CHECKS = (
    "dockworthy check",
    "trivy",
    "hadolint",
    "checkov",
    "grype",
    "kics",
    "docker scout",
    "snyk",
    "dockle",
    "conftest",
)
_STOPS_NOTHING = re.compile(r"\|\|\s*(?:true|:|exit 0)|--exit-code[= ]0\b")
_COMMIT = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?\Z")


class LabelledProject(NamedTuple):
    """What Compose's labels tell: the project, its folder and its files."""

    name: str
    folder: str
    files: tuple[str, ...]


class _Pipelines(NamedTuple):
    files: tuple[str, ...]
    text: str


def made_by_compose(labels: Mapping[str, str]) -> LabelledProject | None:
    """From a container's labels; None where Compose did not make it."""
    name = labels.get(COMPOSE_PROJECT, "")
    folder = labels.get(COMPOSE_WORKING_DIR, "")
    files = labels.get(COMPOSE_CONFIG_FILES, "")
    if not name or not folder.startswith("/"):
        return None
    return LabelledProject(
        name, folder.rstrip("/") or "/", tuple(file for file in files.split(",") if file.startswith("/"))
    )


def read_projects(root: Root, made: Mapping[LabelledProject, None]) -> tuple[ProjectFolder, ...]:
    """Never raises. `made` are the projects of the engine's containers, each once."""
    return tuple(_project(root, one) for one in list(made)[:_MOST])


def _project(root: Root, made: LabelledProject) -> ProjectFolder:
    name, folder = clean(made.name), clean(made.folder)
    if not root.exists(made.folder):
        return ProjectFolder(name, folder, present=False)
    top = _work_tree(root, root.identity(made.folder))
    if not top:
        return ProjectFolder(name, folder, present=True)
    git = _git_folder(root, top)
    pipelines = _pipelines(root, top)
    return ProjectFolder(
        name,
        folder,
        present=True,
        repository=clean(top),
        remote=_remote(root, git),
        head=_head(root, git),
        tracked=_tracked(root, git, top, made.files),
        pipelines=tuple(clean(file) for file in pipelines.files),
        checks=tuple(check for check in _CHECKS if check in pipelines.text),
        toothless=tuple(check for check in _CHECKS if _is_toothless(check, pipelines.text)),
        builds=bool(_BUILDS.search(pipelines.text)),
        deploys=bool(_DEPLOYS.search(pipelines.text)),
    )


def _is_toothless(check: str, text: str) -> bool:
    """Does every line that calls it throw its failure away?"""
    lines = [line for line in text.splitlines() if check in line and not line.lstrip().startswith(("#", "- name:"))]
    return bool(lines) and all(_STOPS_NOTHING.search(line) for line in lines)


def _work_tree(root: Root, folder: str) -> str:
    """The folder or the nearest above that has `.git`, `""` where none has."""
    for _ in range(_HIGHEST):
        if root.exists(f"{folder}/.git"):
            return folder or "/"
        if not folder or folder == "/":
            return ""
        folder = folder.rsplit("/", 1)[0]
    return ""


def _git_folder(root: Root, top: str) -> str:
    """`.git`, or where a file of this name points (work trees, submodules)."""
    text = root.word(f"{top}/.git")
    if text.startswith("gitdir:"):
        path = text.removeprefix("gitdir:").strip()
        return path if path.startswith("/") else f"{top}/{path}"
    return f"{top}/.git"


def _head(root: Root, git: str) -> str:
    head = root.word(f"{git}/HEAD")
    if head.startswith("ref:"):
        name = head.removeprefix("ref:").strip()
        packed = (line.split(" ", 1) for line in root.word(f"{git}/packed-refs").splitlines() if " " in line)
        head = root.word(f"{git}/{name}") or next((commit for commit, ref in packed if ref == name), "")
    return head if _COMMIT.match(head) else ""


def _remote(root: Root, git: str) -> str:
    """The first remote's address, without a password."""
    settings = parse_unit(root.word(f"{git}/config"))
    return next(
        (mask_urls(clean(s.value)) for s in settings if s.section.startswith("remote ") and s.name == "url"), ""
    )


def _tracked(root: Root, git: str, top: str, files: tuple[str, ...]) -> bool | None:
    """Do all Compose files stand in git's index? None where that can't be told (version 4 shortens the names)."""
    try:
        index = root.read_bytes(f"{git}/index")
    except FileNotFoundError:
        return False
    except OSError:
        return None
    inside = [root.identity(file).removeprefix(top.rstrip("/") + "/") for file in files]
    if not inside or index[:4] != b"DIRC" or index[4:8] == b"\0\0\0\4":
        return None
    return all(file.encode(errors="surrogateescape") + b"\0" in index for file in inside)


def _pipelines(root: Root, top: str) -> _Pipelines:
    files = [name for name in _PIPELINES if root.exists(f"{top}/{name}")]
    for folder in _PIPELINE_FOLDERS:
        names = root.names_or_none(f"{top}/{folder}")
        files += [f"{folder}/{name}" for name in names if name.endswith((".yml", ".yaml"))]
    return _Pipelines(tuple(files[:_MOST]), "\n".join(root.word(f"{top}/{file}") for file in files[:_MOST]))
