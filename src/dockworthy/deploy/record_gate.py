"""What is asked before a recorded release is shipped again: what nobody judged when it was shipped.

A deploy judges what the person's files say. A rollback ships what a record says. On a swarm others than admins may have
written a record: it may hold what a guard would refuse to them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterable, Iterator, Mapping, Sequence

from msgspec import Struct, structs

from ..model.before_deploy import SignedImages
from ..model.compose_project import FILE_PARTS
from ..model.deploy_settings import DeploySettings
from ..model.edge_secrets import EDGE_SECRETS
from ..model.engine_builtins import LOG_DRIVERS, NETWORKS
from ..model.finding import Finding, Outcome
from ..model.release import GateFinding, Release, ShippedService
from ..model.rollout import Question
from .gate import PINNED, SIGNATURE, below_file, fault_in_words
from .preparing import Prepared
from .signatures import ToVerify, to_verify, why_unsigned

JudgeRecord = Callable[[Release], Sequence[Finding]]
"""The controls of `check` at the policy's level, on what a record says. Raises UsageError where it can't be judged."""
_MOST = 3
"""Sentences of one question; how many more there are is said."""


def record_questions(
    release: Release,
    prepared: Prepared,
    findings: Sequence[Finding],
    *,
    services: Collection[str],
    not_by_admins: bool,
    accepted: Collection[GateFinding] = (),
    settings: DeploySettings | None = None,
) -> Iterator[Question]:
    """`prepared`: what would be shipped of the release, of which `services` come from its record. `findings` of it now,
    and those that were `accepted` when it was shipped. `not_by_admins`: somebody who is no admin may have written the
    record. `settings`: `deploy:` of the person's own dockworthy.yaml, where the record's are shipped."""
    known = {(each.control, below_file(each.subject)) for each in accepted}
    writer = f"release {release.number} may have been written by somebody who is no admin"
    for name in sorted({*services} & {*prepared.desired.spec.services}):
        failing = {
            each.control: each
            for each in findings
            if each.outcome is Outcome.FAIL
            and each.control != PINNED
            and _service_of(each.subject) == name
            and (each.control, below_file(each.subject)) not in known
        }
        if failing:
            faults = [f"{each.control}: {fault_in_words(each)}" for each in failing.values()]
            why = writer if not_by_admins else f"nobody accepted this when release {release.number} was shipped"
            yield _question(release, accept=f"{name}:controls", says=f"{why}: {name} fails {_few(faults)}")
        if not_by_admins and (found := [*_what_a_guard_would_refuse(prepared, name)]):
            yield _question(release, accept=f"{name}:host", says=f"{writer}: {name} {_few(found)}")
    theirs = prepared.settings
    is_other = settings is not None and _of_edge(theirs) != _of_edge(settings)
    if not_by_admins and theirs.routes and is_other:
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
        (each.control, below_file(each.subject)): GateFinding(
            control=each.control,
            subject=f"compose.yaml#{below_file(each.subject)}",
            outcome="excepted",
            says=fault_in_words(each),
        )
        for each in findings
        if each.outcome is Outcome.FAIL and each.control != PINNED
    }
    then = {(each.control, below_file(each.subject)): each for each in accepted if "#" in each.subject}
    return (*then.values(), *(each for key, each in now.items() if key not in then))


class SignaturesAsked(Struct, frozen=True):
    """`findings`: for the record of the rollback, which is written once the questions are answered."""

    questions: tuple[Question, ...] = ()
    findings: tuple[GateFinding, ...] = ()


async def signature_questions(
    release: Release,
    demanded: Sequence[SignedImages],
    services: Mapping[str, ShippedService],
    *,
    accepted: Collection[GateFinding],
    not_by_admins: bool,
    why: Callable[[ToVerify], Awaitable[str]] = why_unsigned,
) -> SignaturesAsked:
    """Which images of `services` the policy wants signed, and are not, as far as nobody let them pass when they were
    shipped: a registry may be away when somebody must go back. Raises UsageError for a key that is none.

    The name under which a record says that an image was asked for is its writer's word; `not_by_admins`: then that of
    what runs counts."""
    if not_by_admins:
        services = {name: structs.replace(each, reference=each.image) for name, each in services.items()}
    then = [each for each in accepted if each.control == SIGNATURE and each.outcome in ("pass", "excepted")]
    passed = {each.subject: each for each in then if each.outcome == "excepted"}
    wanted = [each for each in to_verify(demanded, services) if not each.excepted]
    known = {each: _passed(each, then) or passed.get(each.subject) for each in wanted}
    open_ = [each for each in wanted if known[each] is None]
    said = dict(zip(open_, await asyncio.gather(*map(why, open_)), strict=True))
    faults: dict[str, dict[str, None]] = {}
    for each in open_:
        for name in each.services if said[each] else ():
            faults.setdefault(name, {})[said[each]] = None
    asks = f"the policy demands signatures, and nobody verified them when release {release.number} was shipped"
    questions = (
        _question(release, accept=f"{name}:signature", says=f"{asks}: {_few([*why])}") for name, why in faults.items()
    )
    findings = (known[each] or _finding(each, said[each]) for each in wanted)
    return SignaturesAsked(tuple(questions), tuple(dict.fromkeys(findings)))


def _passed(wanted: ToVerify, then: Iterable[GateFinding]) -> GateFinding | None:
    return next((each for each in then if each.says.startswith(f"{wanted.image} ")), None)


def _finding(wanted: ToVerify, why: str) -> GateFinding:
    says = f"{wanted.image} was accepted without a signature" if why else f"{wanted.image} is signed"
    outcome = "excepted" if why else "pass"
    return GateFinding(control=SIGNATURE, subject=wanted.subject, outcome=outcome, says=says)


def _question(release: Release, *, accept: str, says: str) -> Question:
    look = f"look at it: dockworthy releases show {release.number}"
    return Question(accept=accept, says=says, hint=f"{look}; to ship it as it is: --accept {accept}")


def _of_edge(settings: DeploySettings) -> tuple[object, ...]:
    return settings.routes, settings.edge, settings.existing_edge


def _what_a_guard_would_refuse(prepared: Prepared, name: str) -> Iterator[str]:
    """What a guard would refuse to a deployer, or ask its policy about, and no control judges."""
    spec = prepared.desired.spec
    service = spec.services[name]
    mounted = {mount.source for mount in service.mounts if mount.type == "volume"}
    for mount in service.mounts:
        if mount.type == "bind":
            yield f"mounts {mount.source} of the host"
        if "{{" in mount.source or "{{" in mount.target:
            yield f"mounts {mount.source}, a template that the swarm expands"
    for key in sorted(mounted & {*spec.volumes}):
        definition = spec.volumes[key]
        if definition.driver_opts or definition.driver not in ("", "local"):
            yield f"mounts volume {key}, which has a driver or options"
    if spec.name != prepared.desired.project:
        yield f"belongs to project {spec.name}"
    for there in spec.joined_by(name):
        if there in NETWORKS:
            yield f"joins the network {there}"
    for part in FILE_PARTS:
        for use in service.references(part):
            there = spec.object_name(part, use.source)
            if there.casefold().startswith(EDGE_SECRETS):
                yield f"mounts {there}, which is of the edge"
            elif not there.startswith(f"{prepared.desired.project[:30]}_"):
                yield f"mounts {part.removesuffix('s')} {there}, which is not of the project"
    logging = service.to_json().get("logging") or {}  # of a record: it may hold anything
    driver = str(logging.get("driver") or "") if isinstance(logging, dict) else "?"
    if driver not in LOG_DRIVERS:
        yield f"logs by {driver}"


def _service_of(subject: str) -> str:
    return below_file(subject).partition(":")[0]


def _few(sentences: Sequence[str]) -> str:
    more = len(sentences) - _MOST
    return "; ".join(sentences[:_MOST]) + (f"; and {more} more" if more > 0 else "")
