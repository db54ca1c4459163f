"""May this be shipped? The same controls as `check`, and what only a deploy knows. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from ..model.deploy_settings import DeploySettings
from ..model.finding import Finding, Outcome
from ..model.levels import Level
from ..model.release import GateFinding
from ..model.rollout import Desired

PINNED = "workload/pinned-image"
"""What a deploy does itself: images are resolved to digests or ids before anything starts."""


def refusals(
    findings: Iterable[Finding],
    desired: Desired,
    *,
    only: Collection[str] = (),
    unknown_fails: bool = False,
    not_here: Collection[str] = (),
) -> tuple[Finding, ...]:
    """The findings that stop a deploy: those that fail, but for tags, which are pinned here. `unknown_fails`: also what
    neither file nor image tells, but for services whose image is `not_here`."""
    every = desired.spec.services
    shipped = only or desired.services
    return tuple(
        finding
        for finding in findings
        if (finding.outcome is Outcome.FAIL or (unknown_fails and _is_unknown(finding, not_here)))
        and finding.control != PINNED
        and _is_of(finding, shipped, every)
    )


def refusals_before_pulling(
    findings: Iterable[Finding], shipped: Collection[str], every: Collection[str]
) -> tuple[Finding, ...]:
    """What stops a deploy whatever its images are: the files say it. `shipped`: services, of `every` in the files."""
    failing = (finding for finding in findings if finding.outcome is Outcome.FAIL and finding.control != PINNED)
    return tuple(finding for finding in failing if _is_of(finding, shipped, every))


def let_pass(findings: Iterable[Finding], desired: Desired) -> tuple[GateFinding, ...]:
    """What is not good and does not stop it: for the record."""
    every = desired.spec.services
    return tuple(
        GateFinding(control=finding.control, subject=finding.subject, outcome=finding.outcome, says=_words(finding))
        for finding in findings
        if finding.outcome in (Outcome.EXCEPTED, Outcome.UNKNOWN) and _is_of(finding, desired.services, every)
    )


def unobservable(
    desired: Desired, settings: DeploySettings, level: Level, *, checked_by_image: Collection[str] = ()
) -> Iterator[str]:
    """Services of which nothing would tell whether they work, as sentences; they stop a deploy."""
    routed = {route.service for route in settings.routes}
    for name, service in desired.spec.services.items():
        health = service.healthcheck
        checked = not health.disable if health is not None else name in checked_by_image
        if checked or name in (*desired.jobs_before, *desired.jobs_after):
            continue
        if level is Level.PRODUCTION:
            yield f"{name} has no health check: nothing would tell whether a new release of it works"
        elif name not in routed:
            yield f"{name} has neither a health check nor a route: nothing would tell whether it works"


def _is_of(finding: Finding, shipped: Collection[str], every: Collection[str]) -> bool:
    """Of a service that is shipped, or of none of the services."""
    name = _service_of(finding)
    return name in shipped or name not in every


def _is_unknown(finding: Finding, not_here: Collection[str]) -> bool:
    return finding.outcome is Outcome.UNKNOWN and _service_of(finding) not in not_here


def _service_of(finding: Finding) -> str:
    return finding.subject.rsplit("#", 1)[-1]


def _words(finding: Finding) -> str:
    return finding.evidence[0].says[:200] if finding.evidence else ""
