"""Without a health check in the image, its containers are called well as long as a process exists."""

from __future__ import annotations

from ...model.control import Control, Subject, cis, nist
from ...model.engine import Image
from ...model.field import Set, Unknown
from ...model.finding import Judgement, Remedy, failed, not_applicable, passed, unknown
from ...model.levels import Level, Severity

control = Control(
    id="image/health-check",
    title="Images that wait to be used say how their health is checked",
    fault="{who} [has|have] no health check",
    rationale="The image's author knows best what a working program answers. Images in use are judged by whether their "
    "containers are checked.",
    level=Level.PRODUCTION,
    severity=Severity.LOW,
    demand="1.monitor",
    subject=Subject.IMAGE,
    references=(cis("1.6.0", "4.6"), cis("1.8.0", "4.6"), nist("4.1.2")),
    remedy=Remedy("Add `HEALTHCHECK` to the Dockerfile and build again.", "a new build of the image"),
    check_yourself="docker image inspect -f '{{json .Config.Healthcheck}}' {name}",
    bad={
        "snapshot": [
            {"engine": {"images": [{"inspect": {"RepoTags": ["shop:1"], "Config": {"Healthcheck": None}}}]}},
            {"engine": {"images": [{"inspect": {"Config": {"Healthcheck": {"Test": ["NONE"]}}}}]}},
        ]
    },
    good={"snapshot": {"engine": {"images": [{"inspect": {"Config": {"Healthcheck": {"Test": ["CMD", "/ok"]}}}}]}}},
    unclear={"snapshot": {"engine": {"images": [{"id": "sha256:a1", "inspect": {"is": "unknown", "reason": "gone"}}]}}},
)


@control.judge
def health_check(image: Image) -> Judgement:
    if image.used_by:
        return not_applicable("in use: its containers are judged themselves", image.source)
    health = image.health
    if isinstance(health, Unknown):
        return unknown(health.reason, health.source, tell=health.tell)
    if not isinstance(health, Set):
        return failed("the image has no health check", health.source)
    if health.value.disabled:
        return failed("the image switches the health check off", health.source)
    return passed(f"checked by {' '.join(health.value.test)}", health.source)
