"""How software comes to this host, goes back, and is kept up to date."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from math import inf
from typing import Any

from ...model.evidence import ProjectFolder, SetUp, ToolTask
from ...model.field import Set, Source
from ...model.json_parts import part
from ...model.labels import COMPOSE_PROJECT, COMPOSE_WORKING_DIR
from ...model.proof import Proof, Strength
from ...model.snapshot import ImageFacts
from ...model.workload import Unit
from .surroundings import ProofSurroundings, SeenTool, ago, doubted, listed

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


def read_delivery(around: ProofSurroundings) -> Iterator[Proof]:
    for project in listed(around.evidence.projects):
        doubt = around.makers.doubt_of_project(project.name, project.folder)
        for proof in (*_versioned(project), *_pipeline(around, project)):
            yield doubted(proof, doubt)
    yield from _by_folder(around)
    yield from _uncommitted(around)
    for seen in around.doing(ToolTask.PIPELINE):
        says = f"{seen.tool} runs here ({seen.who}); what it builds and deploys is unknown"
        for demand in ("5.pipeline", "3.auto-deploy"):
            yield Proof(demand, seen.tool, Strength.SEEN, says, seen.source, ToolTask.PIPELINE)
    for seen in around.doing(ToolTask.DEPLOY):
        says = f"{seen.tool} runs here ({seen.who}); whether deploys are started by hand is unknown"
        yield Proof("3.auto-deploy", seen.tool, Strength.SEEN, says, seen.source, ToolTask.DEPLOY)
    for job in listed(around.evidence.jobs):
        if job.does is ToolTask.DEPLOY:
            by = f"{job.by} ({job.schedule})" if job.schedule else job.by
            says = f"{job.tool} runs by {by}" if job.enabled else f"{job.tool} is set up in {by}, which is switched off"
            yield Proof("3.auto-deploy", job.tool, Strength.SEEN, says, job.source, ToolTask.DEPLOY, "", job.enabled)


def _versioned(project: ProjectFolder) -> Iterator[Proof]:
    source = Source(project.folder)
    if not project.repository:
        return
    if project.tracked is False:
        says = f"{project.folder} is in a git work tree, and the Compose file of {project.name} is not under control"
        yield Proof("1.deploy", "git", Strength.MEASURED, says, source, ToolTask.DEPLOY, good=False)
    elif project.tracked and project.remote:
        says = f"the Compose file of {project.name} is under version control, with a copy at {project.remote}"
        yield Proof("1.deploy", "git", Strength.MEASURED, says, source, ToolTask.DEPLOY)
    else:
        missing = "it has no remote" if project.tracked else "whether the Compose file is in it can't be told"
        says = f"{project.folder} is in a git work tree; {missing}"
        yield Proof("1.deploy", "git", Strength.SEEN, says, source, ToolTask.DEPLOY)


def _pipeline(around: ProofSurroundings, project: ProjectFolder) -> Iterator[Proof]:
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
        yield Proof("5.pipeline", file, strength, f"{file} of {project.name} builds{ran}", source, ToolTask.PIPELINE)
    if project.deploys:
        says = f"{file} of {project.name} deploys; whether what runs came from it is unknown"
        yield Proof("3.auto-deploy", file, Strength.SEEN, says, source, ToolTask.DEPLOY)
    if checks:
        says = f"{file} of {project.name} calls {', '.join(checks)}{ran}"
        yield Proof("5.security-early", checks[0], strength, says, source, ToolTask.PIPELINE)
    elif project.toothless:
        says = f"{file} of {project.name} calls {', '.join(project.toothless)}, and goes on whatever that finds"
        yield Proof("5.security-early", file, Strength.MEASURED, says, source, ToolTask.PIPELINE, good=False)


def _built_from(around: ProofSurroundings, project: ProjectFolder) -> str:
    """The name of a running image that says it was built from the repository's commit, `""` without one."""
    names = {
        unit.name
        for unit, _ in around.running()
        if unit.labels.get(COMPOSE_PROJECT) == project.name and not around.makers.doubt(unit.id)
    }
    for image in around.images:
        revision = image.labels.get(_REVISION, "")
        if project.head and revision == project.head and names & set(image.used_by):
            return image.tags[0] if image.tags else image.id.removeprefix("sha256:")[:12]
    return ""


def _uncommitted(around: ProofSurroundings) -> Iterator[Proof]:
    """Build tools add `-dirty` where the work tree held changes that no commit has."""
    for image in around.images:
        dirty = [name for name in (_REVISION, _VERSION) if image.labels.get(name, "").endswith(("-dirty", "+dirty"))]
        if image.used_by and dirty:
            name = image.tags[0] if image.tags else image.id.removeprefix("sha256:")[:12]
            says = f"{name} was built from changes that no commit has ({image.labels[dirty[0]]})"
            source = Source("GET /images/{id}/json", f"Config.Labels.{dirty[0]}")
            yield Proof("5.pipeline", "docker build", Strength.MEASURED, says, source, ToolTask.PIPELINE, good=False)


def _by_folder(around: ProofSurroundings) -> Iterator[Proof]:
    """Where `docker compose up` was called tells who called it. Each project once."""
    seen: dict[str, Unit] = {}
    for unit, _ in sorted(around.running(), key=lambda pair: bool(around.makers.doubt(pair[0].id))):
        seen.setdefault(unit.labels.get(COMPOSE_WORKING_DIR, ""), unit)
    for folder, unit in seen.items():
        source = Source(unit.source.where, f"Config.Labels.{COMPOSE_WORKING_DIR}")
        name = unit.labels.get(COMPOSE_PROJECT, "")
        if _OF_A_RUNNER.search(f"{folder}/"):
            says = f"{name} was started from {folder}, the work folder of a pipeline's runner"
            for demand in ("3.auto-deploy", "5.pipeline", "1.deploy"):
                yield Proof(
                    demand, "a pipeline's runner", Strength.MEASURED, says, source, ToolTask.DEPLOY, who=unit.id
                )
        for place, tool in _OF_A_PLATFORM:
            if folder.startswith(place):
                says = f"{name} was started by {tool} from {folder}"
                yield Proof("3.auto-deploy", tool, Strength.SEEN, says, source, ToolTask.DEPLOY)
                yield Proof("1.deploy", tool, Strength.SEEN, says, source, ToolTask.DEPLOY)


_ROLLBACK = "3.rollback"
_SERVICES = Source("GET /services", "UpdateStatus.State")


def read_rollback(around: ProofSurroundings) -> Iterator[Proof]:
    for service in listed(around.snapshot.engine.services):
        spec = service.get("Spec")
        labels = spec.get("Labels") if isinstance(spec, dict) else None
        doubt = around.makers.doubt_of_service(
            str(part(service, "Spec", "Name")), labels if isinstance(labels, dict) else {}
        )
        for proof in _of_service(service):
            yield doubted(proof, doubt)
    kept = Counter(repository for image in around.images for repository in {_repository(tag) for tag in image.tags})
    used = {_repository(tag) for image in around.images if image.used_by for tag in image.tags}
    names = sorted(name for name in used if kept[name] > 1)
    if names:
        says = f"of {names[0]} an image before or after the one in use is still here"
        says += f" (and of {len(names) - 1} others)" if len(names) > 1 else ""
        yield Proof(_ROLLBACK, "docker", Strength.SEEN, says, Source("GET /images/json"), ToolTask.DEPLOY)


def _of_service(service: dict[str, Any]) -> Iterator[Proof]:
    spec, status = service.get("Spec"), service.get("UpdateStatus")
    name = spec.get("Name", "?") if isinstance(spec, dict) else "?"
    state = status.get("State", "") if isinstance(status, dict) else ""
    when = str(status.get("CompletedAt", "")) if isinstance(status, dict) else ""
    if state == "rollback_completed":
        says = f"the last update of service {name} was rolled back and came to its end"
        yield Proof(_ROLLBACK, "Docker Swarm", Strength.MEASURED, says, _SERVICES, ToolTask.DEPLOY, when)
    elif state == "rollback_paused":
        says = f"the rollback of service {name} stopped half-way"
        yield Proof(_ROLLBACK, "Docker Swarm", Strength.MEASURED, says, _SERVICES, ToolTask.DEPLOY, when, good=False)
    elif "PreviousSpec" in service:
        says = f"the swarm keeps the version of service {name} before the last update"
        yield Proof(
            _ROLLBACK, "Docker Swarm", Strength.SEEN, says, Source("GET /services", "PreviousSpec"), ToolTask.DEPLOY
        )


def _repository(tag: str) -> str:
    head, slash, last = tag.rpartition("/")
    return f"{head}{slash}{last.split(':', 1)[0]}"


_SETUP = "3.setup"
_RUN_WITHIN = 8.0
"""Days since a run of what is meant to run all the time."""
_RUNS_AGAIN = ("Puppet",)


def read_set_up(around: ProofSurroundings) -> Iterator[Proof]:
    told = set()
    for one in listed(around.evidence.set_up):
        told.add(one.tool)
        yield _of(around, one)
    for job in listed(around.evidence.jobs):
        if job.does is ToolTask.SETUP and job.enabled and job.tool not in told:
            says = f"{job.tool} runs by {job.by}" + (f" ({job.schedule})" if job.schedule else "")
            yield Proof(_SETUP, job.tool, Strength.SEEN, says, job.source, ToolTask.SETUP, job.last_run)
    for seen in around.doing(ToolTask.SETUP):
        if seen.tool not in told:
            says = f"{seen.tool} runs ({seen.who}); what it sets up is unknown"
            yield Proof(_SETUP, seen.tool, Strength.SEEN, says, seen.source, ToolTask.SETUP)


def _of(around: ProofSurroundings, one: SetUp) -> Proof:
    days = around.days_since(one.last_run) if one.last_run else None
    when = f", last {around.ago(one.last_run)}" if one.last_run else ""
    if one.failures > 0:
        says = f"{one.tool}: {one.failures} failures in its last run{when}"
        return Proof(_SETUP, one.tool, Strength.MEASURED, says, one.source, ToolTask.SETUP, one.last_run, good=False)
    if one.tool in _RUNS_AGAIN and one.failures == 0 and days is not None and days <= _RUN_WITHIN:
        says = f"{one.tool} set this host up again without a failure{when}"
        return Proof(_SETUP, one.tool, Strength.MEASURED, says, one.source, ToolTask.SETUP, one.last_run)
    says = f"{one.tool} has set up this host{when}; how much of it, and whether it would again, is unknown"
    return Proof(_SETUP, one.tool, Strength.SEEN, says, one.source, ToolTask.SETUP, one.last_run)


_UPDATE = "1.update"
_UPDATED_WITHIN = 35.0
"""Days since an image in use came to this host: base images are built again about monthly."""
_LOOKS_ONLY = "WATCHTOWER_MONITOR_ONLY"


def read_updates(around: ProofSurroundings) -> Iterator[Proof]:
    found = list(_updaters(around))
    yield from found
    updaters = [proof for proof in found if proof.task is ToolTask.UPDATE and proof.good]
    updater = min(updaters, key=lambda proof: bool(around.makers.doubt(proof.who)), default=None)
    renewed = _last_renewed(around)
    if updater is not None and renewed is not None:
        name, moment = renewed
        days = around.days_since(moment)
        if days is not None and days <= _UPDATED_WITHIN:
            says = f"{updater.tool} updates, and {name} came to this host {ago(days)}"
            source = Source("GET /images/{id}/json", "Metadata.LastTagTime")
            yield Proof(
                _UPDATE, updater.tool, Strength.MEASURED, says, source, ToolTask.UPDATE, moment, who=updater.who
            )


def _updaters(around: ProofSurroundings) -> Iterator[Proof]:
    for job in listed(around.evidence.jobs):
        if job.does is ToolTask.UPDATE:
            by = f"{job.by} ({job.schedule})" if job.schedule else job.by
            says = f"{job.tool} runs by {by}" if job.enabled else f"{job.tool} is set up in {by}, which is switched off"
            yield Proof(_UPDATE, job.tool, Strength.SEEN, says, job.source, ToolTask.UPDATE, job.last_run, job.enabled)
    for seen in around.doing(ToolTask.UPDATE, ToolTask.NOTIFY):
        only_looks = ToolTask.NOTIFY in seen.does or _looks_only(seen)
        does = "tells of newer images, and updates nothing" if only_looks else "replaces containers with newer images"
        task = ToolTask.NOTIFY if only_looks else ToolTask.UPDATE
        says = f"{seen.tool} ({seen.who}) {does}"
        yield Proof(_UPDATE, seen.tool, Strength.SEEN, says, seen.source, task, who=seen.who)


def _looks_only(seen: SeenTool) -> bool:
    container = seen.unit.containers[0] if seen.unit else None
    environment = container.environment if container else None
    return isinstance(environment, Set) and environment.value.get(_LOOKS_ONLY, "").lower() in ("true", "1", "yes")


def _last_renewed(around: ProofSurroundings) -> tuple[str, str] | None:
    """(name, moment) of the image that came to this host last, of those that a container beyond doubt uses: whoever may
    make containers pulls an image for theirs."""
    used = {
        image.id: image.tags
        for image in around.images
        if any(not around.makers.doubt(f"container/{name}") for name in image.used_by)
    }
    images: tuple[ImageFacts, ...] = listed(around.snapshot.engine.images)
    times = [(when, image.id) for image in images if image.id in used and (when := _tagged(image))]
    if not times:
        return None
    moment, id = min(times, key=lambda pair: _age(around, pair[0]))
    return (used[id][0] if used[id] else id.removeprefix("sha256:")[:12]), moment


def _age(around: ProofSurroundings, moment: str) -> float:
    days = around.days_since(moment)
    return inf if days is None else days


def _tagged(image: ImageFacts) -> str:
    """When it was pulled or built here, `""` where the engine does not know (the year 1)."""
    said = image.inspect.value.get("Metadata") if isinstance(image.inspect, Set) else None
    moment = str(said.get("LastTagTime") or "") if isinstance(said, dict) else ""
    return "" if moment.startswith("0001") else moment
