"""What is asked before a recorded release is shipped again: what nobody judged when it was shipped.

A deploy judges what the person's files say. A rollback ships what a record says. On a swarm a record is worth what its
writer is worth: one that is not of an admin may hold what a guard would refuse to who wrote it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

from ..model.compose_project import FILE_PARTS
from ..model.deploy_settings import DeploySettings
from ..model.edge_secrets import EDGE_SECRETS
from ..model.finding import Finding, Outcome
from ..model.release import GateFinding, Release
from ..model.rollout import Question
from .gate import PINNED
from .preparing import Prepared

JudgeRecord = Callable[[Release], Sequence[Finding]]
"""The controls of `check` at the policy's level, on what a record says. Raises UsageError where it can't be judged."""
_LOG_DRIVERS = ("", "json-file", "local", "none", "journald")
_MOST = 3
"""Sentences of one question; how many more there are is said."""


def record_questions(
    release: Release,
    prepared: Prepared,
    findings: Sequence[Finding],
    *,
    accepted: Collection[GateFinding],
    of_anybody: bool,
    settings: DeploySettings,
    services: Collection[str],
) -> Iterator[Question]:
    """`prepared`: what would be shipped of the release, of which `services` come from its record. `findings` of it now,
    and those that were `accepted` when it was shipped. `of_anybody`: somebody below admin may have written the record.
    `settings`: `deploy:` of the person's own dockworthy.yaml."""
    known = {(each.control, _below_file(each.subject)) for each in accepted}
    writer = f"release {release.number} is not of an admin's deploy, as far as the swarm tells"
    for name in sorted({*services} & {*prepared.desired.spec.services}):
        failing = {
            each.control: each
            for each in findings
            if each.outcome is Outcome.FAIL
            and each.control != PINNED
            and _service_of(each.subject) == name
            and (each.control, _below_file(each.subject)) not in known
        }
        if failing:
            faults = [f"{each.control}: {_words(each)}" for each in failing.values()]
            why = writer if of_anybody else f"nobody accepted this when release {release.number} was shipped"
            yield _question(release, accept=f"{name}:controls", says=f"{why}: {name} fails {_few(faults)}")
        if of_anybody and (found := [*_beyond(prepared, name)]):
            yield _question(release, accept=f"{name}:host", says=f"{writer}: {name} {_few(found)}")
    theirs = prepared.settings
    if of_anybody and theirs.routes and _of_edge(theirs) != _of_edge(settings):
        name = theirs.routes[0].service
        hosts = ", ".join(sorted({route.host for route in theirs.routes}))
        says = f"{writer}: its routes ({hosts}) and its edge are not those of your dockworthy.yaml"
        yield _question(release, accept=f"{name}:routes", says=says)


def accepted_then(release: Release, releases: Iterable[Release]) -> tuple[GateFinding, ...]:
    """What the gate let pass when a release was shipped; of a rollback also when what it brought back was. Only of
    `releases` whose records are believed."""
    whole = [each for each in releases if each.number in (release.number, release.returns_to)]
    return tuple(finding for each in whole for finding in each.findings)


def let_pass_again(findings: Sequence[Finding], accepted: Collection[GateFinding]) -> tuple[GateFinding, ...]:
    """For the record of a rollback: what fails and does not stop it, and what was accepted before."""
    now = {
        (each.control, _below_file(each.subject)): GateFinding(
            control=each.control,
            subject=f"compose.yaml#{_below_file(each.subject)}",
            outcome="excepted",
            says=_words(each),
        )
        for each in findings
        if each.outcome is Outcome.FAIL and each.control != PINNED
    }
    then = {(each.control, _below_file(each.subject)): each for each in accepted if "#" in each.subject}
    return (*then.values(), *(each for key, each in now.items() if key not in then))


def _question(release: Release, *, accept: str, says: str) -> Question:
    look = f"look at it: dockworthy releases show {release.number}"
    return Question(accept=accept, says=says, hint=f"{look}; to ship it as it is: --accept {accept}")


def _of_edge(settings: DeploySettings) -> tuple[object, ...]:
    return settings.routes, settings.edge, settings.existing_edge


def _beyond(prepared: Prepared, name: str) -> Iterator[str]:
    """What a guard would refuse to a deployer, or ask its policy about, and no control judges."""
    spec = prepared.desired.spec
    service = spec.services[name]
    mounted = {mount.source for mount in service.mounts if mount.type == "volume"}
    for mount in service.mounts:
        if mount.type == "bind":
            yield f"mounts {mount.source} of the host"
        if "{{" in mount.source or "{{" in mount.target:
            yield f"mounts {mount.source}, which the swarm fills in"
    for key in sorted(mounted & {*spec.volumes}):
        definition = spec.volumes[key]
        if definition.driver_opts or definition.driver not in ("", "local"):
            yield f"mounts volume {key}, which has a driver or options"
    if spec.name != prepared.desired.project:
        yield f"is of project {spec.name}"
    for there in spec.joined_by(name):
        if there in ("host", "bridge", "none", "ingress", "docker_gwbridge"):
            yield f"joins the network {there}"
    for part in FILE_PARTS:
        for use in service.references(part):
            there = spec.object_name(part, use.source)
            if there.casefold().startswith(EDGE_SECRETS):
                yield f"mounts {there}, which is of the edge"
            elif not there.startswith(f"{prepared.desired.project[:30]}_"):
                yield f"mounts {part.removesuffix('s')} {there}, which is not of the project"
    logging = service.to_json().get("logging") or {}
    driver = str(logging.get("driver") or "") if isinstance(logging, dict) else "?"
    if driver not in _LOG_DRIVERS:
        yield f"logs by {driver}"


def _below_file(subject: str) -> str:
    return subject.rsplit("#", 1)[-1]


def _service_of(subject: str) -> str:
    return _below_file(subject).partition(":")[0]


def _words(finding: Finding) -> str:
    return finding.evidence[0].says[:200] if finding.evidence else finding.outcome


def _few(sentences: Sequence[str]) -> str:
    more = len(sentences) - _MOST
    return "; ".join(sentences[:_MOST]) + (f"; and {more} more" if more > 0 else "")
