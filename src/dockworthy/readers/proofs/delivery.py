"""Proofs of delivery: projects under version control (1.deploy), pipelines (5.pipeline), deploys by themselves
(3.auto-deploy), checks before production (5.security-early)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ...model.evidence import Project, Task
from ...model.field import Source
from ...model.labels import COMPOSE_PROJECT, COMPOSE_WORKING_DIR
from ...model.proof import Proof, Strength
from ...model.workload import Unit
from .surroundings import Surroundings, listed

_REVISION = "org.opencontainers.image.revision"
_VERSION = "org.opencontainers.image.version"
_OF_A_RUNNER = re.compile(
    r"^/builds/|/gitlab-runner/builds/|/_work/|/actions-runner/|/jenkins/workspace/|^/woodpecker/src|^/drone/src"
    r"|/\.cache/act/|/buildkite-agent/builds/"
)
_OF_A_PLATFORM = (
    ("/data/compose/", "Portainer"), ("/etc/komodo/", "Komodo"), ("/data/coolify/", "Coolify"),
    ("/etc/dokploy/", "Dokploy"), ("/opt/stacks/", "Dockge"),
)  # fmt: skip


def read_delivery(around: Surroundings) -> Iterator[Proof]:
    for project in listed(around.evidence.projects):
        yield from _versioned(project)
        yield from _pipeline(around, project)
    yield from _by_folder(around)
    yield from _uncommitted(around)
    for seen in around.doing(Task.PIPELINE):
        says = f"{seen.tool} runs here ({seen.who}); what it builds and deploys is unknown"
        for demand in ("5.pipeline", "3.auto-deploy"):
            yield Proof(demand, seen.tool, Strength.SEEN, says, seen.source, Task.PIPELINE)
    for seen in around.doing(Task.DEPLOY):
        says = f"{seen.tool} runs here ({seen.who}); whether deploys are started by hand is unknown"
        yield Proof("3.auto-deploy", seen.tool, Strength.SEEN, says, seen.source, Task.DEPLOY)
    for job in listed(around.evidence.jobs):
        if job.does is Task.DEPLOY:
            by = f"{job.by} ({job.schedule})" if job.schedule else job.by
            says = f"{job.tool} runs by {by}" if job.enabled else f"{job.tool} is set up in {by}, which is switched off"
            yield Proof("3.auto-deploy", job.tool, Strength.SEEN, says, job.source, Task.DEPLOY, "", job.enabled)


def _versioned(project: Project) -> Iterator[Proof]:
    source = Source(project.folder)
    if not project.repository:
        return
    if project.tracked is False:
        says = f"{project.folder} is in a git work tree, and the Compose file of {project.name} is not under control"
        yield Proof("1.deploy", "git", Strength.MEASURED, says, source, Task.DEPLOY, good=False)
    elif project.tracked and project.remote:
        says = f"the Compose file of {project.name} is under version control, with a copy at {project.remote}"
        yield Proof("1.deploy", "git", Strength.MEASURED, says, source, Task.DEPLOY)
    else:
        missing = "it has no remote" if project.tracked else "whether the Compose file is in it can't be told"
        says = f"{project.folder} is in a git work tree; {missing}"
        yield Proof("1.deploy", "git", Strength.SEEN, says, source, Task.DEPLOY)


def _pipeline(around: Surroundings, project: Project) -> Iterator[Proof]:
    """A file describes a pipeline; an image in use that carries the commit shows that one ran."""
    if not project.pipelines:
        return
    file = project.pipelines[0]
    source = Source(f"{project.repository.rstrip('/')}/{file}")
    image = _built_from(around, project)
    strength = Strength.MEASURED if image else Strength.SEEN
    ran = f"; {image} was built from its commit {project.head[:12]}" if image else "; whether it ran is unknown"
    checks = [check for check in project.checks if check not in project.toothless]
    if project.builds:
        yield Proof("5.pipeline", file, strength, f"{file} of {project.name} builds{ran}", source, Task.PIPELINE)
    if project.deploys:
        says = f"{file} of {project.name} deploys; whether what runs came from it is unknown"
        yield Proof("3.auto-deploy", file, Strength.SEEN, says, source, Task.DEPLOY)
    if checks:
        says = f"{file} of {project.name} calls {', '.join(checks)}{ran}"
        yield Proof("5.security-early", checks[0], strength, says, source, Task.PIPELINE)
    elif project.toothless:
        says = f"{file} of {project.name} calls {', '.join(project.toothless)}, and goes on whatever that finds"
        yield Proof("5.security-early", file, Strength.MEASURED, says, source, Task.PIPELINE, good=False)


def _built_from(around: Surroundings, project: Project) -> str:
    """The name of a running image that says it was built from the repository's commit, `""` without one."""
    names = {unit.name for unit, _ in around.running() if unit.labels.get(COMPOSE_PROJECT) == project.name}
    for image in around.images:
        revision = image.labels.get(_REVISION, "")
        if project.head and revision == project.head and names & set(image.used_by):
            return image.tags[0] if image.tags else image.id.removeprefix("sha256:")[:12]
    return ""


def _uncommitted(around: Surroundings) -> Iterator[Proof]:
    """Build tools add `-dirty` where the work tree held changes that no commit has."""
    for image in around.images:
        dirty = [name for name in (_REVISION, _VERSION) if image.labels.get(name, "").endswith(("-dirty", "+dirty"))]
        if image.used_by and dirty:
            name = image.tags[0] if image.tags else image.id.removeprefix("sha256:")[:12]
            says = f"{name} was built from changes that no commit has ({image.labels[dirty[0]]})"
            source = Source("GET /images/{id}/json", f"Config.Labels.{dirty[0]}")
            yield Proof("5.pipeline", "docker build", Strength.MEASURED, says, source, Task.PIPELINE, good=False)


def _by_folder(around: Surroundings) -> Iterator[Proof]:
    """Where `docker compose up` was called tells who called it. Each project once."""
    seen: dict[str, Unit] = {}
    for unit, _ in around.running():
        seen.setdefault(unit.labels.get(COMPOSE_WORKING_DIR, ""), unit)
    for folder, unit in seen.items():
        source = Source(unit.source.where, f"Config.Labels.{COMPOSE_WORKING_DIR}")
        name = unit.labels.get(COMPOSE_PROJECT, "")
        if _OF_A_RUNNER.search(f"{folder}/"):
            says = f"{name} was started from {folder}, the work folder of a pipeline's runner"
            for demand in ("3.auto-deploy", "5.pipeline", "1.deploy"):
                yield Proof(demand, "a pipeline's runner", Strength.MEASURED, says, source, Task.DEPLOY)
        for place, tool in _OF_A_PLATFORM:
            if folder.startswith(place):
                says = f"{name} was started by {tool} from {folder}"
                yield Proof("3.auto-deploy", tool, Strength.SEEN, says, source, Task.DEPLOY)
                yield Proof("1.deploy", tool, Strength.SEEN, says, source, Task.DEPLOY)
