"""What `deploy`, `rollback` and `releases` share: what was asked for, the question before it begins, the outcome."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import EngineUnreachable, HostAway, UsageError
from .agreeing import shown_and_agreed
from .exit_status import ExitStatus
from .options import endpoint_of, only_over_ssh
from .output import deliver
from .project import level_of, rules_of
from .show import paper

if TYPE_CHECKING:
    from ..deploy.options import DeployOptions
    from ..deploy.rendering import Rendered
    from ..deploy.shipping import Shipped
    from ..model.finding import Finding
    from ..model.policy import ProjectFile
    from ..model.release import Release
    from ..model.rollout import RolloutPlan
    from ..model.workload import EnginePaths
    from ..readers.image_facts import KnownImage


def refuse_paths(services: Iterable[str]) -> None:
    """Before an engine is asked. Raises UsageError for what can only be a file or a folder."""
    for name in services:
        if name in (".", "..") or "/" in name or (name.endswith((".yaml", ".yml")) and os.path.isfile(name)):
            raise UsageError(
                f"{name} is a file or folder, and deploy takes names of services",
                hint="it reads the project in this folder: cd there, name its dockworthy.yaml with --policy, or name "
                "the Compose files in dockworthy.yaml: deploy: {files: [compose.yaml]}",
            )


def asked_for(
    project: ProjectFile,
    *,
    policy: str | None,
    hosts: tuple[str, ...],
    environment: str | None = None,
    level: str | None = None,
    services: tuple[str, ...] = (),
    images: tuple[str, ...] = (),
    standby: str | None = None,
    accept: tuple[str, ...] = (),
    pull: bool = False,
    dry_run: bool = False,
    sudo: bool = False,
    take_over: bool = False,
    with_jobs: bool = False,
) -> DeployOptions:
    """Raises UsageError for what can't be meant."""
    from ..deploy.names import settings_in, with_standby
    from ..deploy.options import DeployOptions
    from ..readers.project_file import find_project_file

    endpoint = endpoint_of(hosts, project)
    only_over_ssh([endpoint], sudo=sudo, root="/")
    path = Path(policy) if policy is not None else find_project_file(Path())
    return DeployOptions(
        endpoint=endpoint,
        folder=(path.parent if path is not None else Path()).resolve(),
        project=project,
        settings=with_standby(settings_in(project.deploy, environment), standby),
        level=level_of(level, project),
        services=services,
        images=_images(images),
        accept=accept,
        pull=pull,
        dry_run=dry_run,
        sudo=sudo,
        take_over=take_over,
        with_jobs=with_jobs,
    )


@contextlib.contextmanager
def naming_hosts(hosts: tuple[str, ...], project: ProjectFile) -> Iterator[None]:
    """Where nobody said which host, and no engine answers here: those that dockworthy.yaml names, as the hint."""
    try:
        yield
    except EngineUnreachable as error:
        if hosts or not project.hosts or isinstance(error, HostAway):
            raise
        names = " or ".join(f"--host {name}" for name in project.hosts)
        raise EngineUnreachable(error.says, hint=f"dockworthy.yaml names other hosts: {names}. {error.hint}") from None


def gate_of(
    project: ProjectFile, asked: DeployOptions
) -> Callable[[Rendered, Mapping[str, KnownImage], EnginePaths], Sequence[Finding]]:
    """The controls of `check` on the project's Compose files, and what these leave to the images."""
    from ..check import check

    rules = rules_of(project)

    def judge(rendered: Rendered, images: Mapping[str, KnownImage], engine_paths: EnginePaths) -> Sequence[Finding]:
        files = [rendered.files[0]]  # what belongs to it is read with it
        policy = project.policy
        result = check(
            files,
            level=asked.level,
            policy=policy,
            rules=rules,
            asking_compose=True,
            images=images,
            engine_paths=engine_paths,
            jobs=asked.settings.jobs.services,
            trusted=True,  # who deploys a project lets it run: it may as well read what it names
        )
        if result.unread:  # nothing was judged, and nothing found says nothing
            raise UsageError(f"it could not be judged: {result.unread[0][1]}")
        return result.findings

    return judge


def record_gate_of(project: ProjectFile, asked: DeployOptions) -> Callable[[Release], Sequence[Finding]]:
    """The controls of `check` on what a release's record says, which may be somebody else's word: no file that it names
    is read."""
    import tempfile

    from ..check import check

    rules = rules_of(project)

    def judge(release: Release) -> Sequence[Finding]:
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "compose.yaml"
            file.write_text(release.spec.to_text())
            jobs = frozenset((*release.jobs_before, *release.jobs_after))
            result = check([str(file)], level=asked.level, policy=project.policy, rules=rules, jobs=jobs)
        if result.unread:
            raise UsageError(f"release {release.number} could not be judged: {result.unread[0][1]}")
        return result.findings

    return judge


async def project_name(asked: DeployOptions) -> str:
    """The project's name with Compose, from its files. Raises what reading them raises."""
    import asyncio
    from importlib import import_module

    from ..deploy.compose_command import ComposeCommand
    from ..deploy.rendering import compose_files

    if asked.settings.project:
        return asked.settings.project
    compose = ComposeCommand("", str(asked.folder))
    config, _ = await asyncio.gather(
        compose.config(compose_files(asked.folder, asked.settings)),
        asyncio.to_thread(import_module, "aiohttp"),  # for the engine, which is asked next: meanwhile it costs nothing
    )
    return config.name


def show_and_ask(plan: RolloutPlan, *, yes: bool) -> bool:
    """The plan goes to the person first; on a terminal they are asked where a service will not answer for a while."""
    from ..report.deploy import render_rollout_plan

    harmless = all(step.gap == 0 for step in plan.steps)
    return shown_and_agreed(render_rollout_plan(plan, width=80, colour=False), yes=yes or harmless)


def outcome_of(shipped: Shipped, *, format_: str, output: str | None) -> int:
    """Shows what came of it; the exit status."""
    from ..model.release import ReleaseState
    from ..report.deploy import render_refusal, render_release, render_rollout_plan

    width, colour = paper(output)
    if format_ == "json":
        from ..report.json_text import json_text

        deliver(json_text(shipped), output)
    elif shipped.refused or shipped.refused_because:
        text = render_refusal(
            "deploy",
            shipped.refused,
            shipped.refused_because,
            not_pulled=shipped.not_pulled,
            width=width,
            colour=colour,
        )
        deliver(text, output)
    elif shipped.release is not None:
        deliver(render_release(shipped.release, width=width, colour=colour), output)
    elif shipped.plan is not None:
        deliver(render_rollout_plan(shipped.plan, width=width, colour=colour), output)
    if shipped.refused or shipped.refused_because or (shipped.plan is not None and shipped.plan.questions):
        return ExitStatus.NOT_WORTHY
    if shipped.release is None:
        return ExitStatus.DONE
    states = {ReleaseState.KEPT: ExitStatus.DONE, ReleaseState.ROLLED_BACK: ExitStatus.ROLLED_BACK}
    return states.get(shipped.release.state, ExitStatus.NOT_TAKEN_BACK)


def _images(said: Sequence[str]) -> dict[str, str]:
    pairs: dict[str, str] = {}
    for each in said:
        service, equals, reference = each.partition("=")
        if not (service and equals and reference):
            raise UsageError(f"--image {each!r} names no service and image", hint="--image web=shop:2")
        if service in pairs:
            raise UsageError(f"--image names {service} twice: {pairs[service]} and {reference}")
        pairs[service] = reference
    return pairs
