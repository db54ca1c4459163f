"""A container that the kernel spares when memory runs out costs the host its own programs instead."""

from __future__ import annotations

from ...model.compose_fix import ComposeFix, remove_key
from ...model.control import Control, Subject, nist, owasp
from ...model.field import Set, Unknown
from ...model.finding import Judgement, Remedy, unknown
from ...model.levels import Level, Severity
from ...model.workload import Container, Unit
from ._graded import GradedFault, judge_graded
from ._platforms import ENGINES, WITH_DEVICES

_NEVER = -1000

control = Control(
    id="workload/oom-score",
    title="No container is spared before the host's own programs when memory runs out",
    fault="{who} [is|are] spared when the host runs out of memory",
    rationale="When memory runs out the kernel ends the process with the highest score. A negative `oom_score_adj` "
    "makes it end others first: other containers, and what the host itself runs, like its login or the engine. At "
    "-1000 the container is never ended: without a memory limit it takes the whole host down.",
    level=Level.BASELINE,
    severity=Severity.MEDIUM,
    demand="6.efficient",
    also_for=("1.host-access",),
    subject=Subject.UNIT,
    platforms=ENGINES | WITH_DEVICES,
    references=(nist("4.4.3"), owasp("D07")),
    remedy=Remedy(
        "Drop `oom_score_adj` (`--oom-score-adj`), or give it a number from 0 to 1000; set a memory limit.",
        "recreates the container",
    ),
    fixes=(
        ComposeFix(
            says="takes `oom_score_adj` away",
            may_break="it may be ended when the host runs out of memory, where others were ended before",
            changes=(remove_key("oom_score_adj"),),
        ),
    ),
    check_yourself="docker inspect -f '{{.HostConfig.OomScoreAdj}} {{.HostConfig.Memory}}' {name}",
    bad={
        "marathon": "{id: /shop, container: {docker: {image: shop, parameters: [{key: oom-score-adj, value: '-5'}]}}}",
        "docker run": ["docker run --oom-score-adj -1000 shop", "docker run --oom-score-adj=-1 shop"],
        "request": {"Image": "shop", "HostConfig": {"OomScoreAdj": -500}},
        "compose": [
            "services: {web: {image: shop, oom_score_adj: -1000}}",
            "services: {web: {image: shop, oom_score_adj: -1}}",
        ],
        "container": {"HostConfig": {"OomScoreAdj": -1000}},
        "service": {"Spec": {"TaskTemplate": {"ContainerSpec": {"OomScoreAdj": -1000}}}},
    },
    good={
        "docker run": ["docker run shop", "docker run --oom-score-adj 500 shop"],
        "request": {"Image": "shop", "HostConfig": {"OomScoreAdj": 0}},
        "compose": ["services: {web: {image: shop}}", "services: {web: {image: shop, oom_score_adj: 500}}"],
        "container": [{"HostConfig": {"OomScoreAdj": 0}}, {"HostConfig": {}}],
        "service": {"Spec": {"TaskTemplate": {"ContainerSpec": {}}}},
    },
    unclear={
        "compose": "services: {web: {image: shop, oom_score_adj: '${SCORE}'}}",
        "container": {"HostConfig": {"OomScoreAdj": "low"}},
    },
)


@control.judge
def oom_score(unit: Unit) -> Judgement:
    faults = [fault for container in unit.containers if (fault := _fault(container)) is not None]
    if not faults:
        for container in unit.containers:
            if isinstance(container.limits.oom_score, Unknown):
                return unknown(container.limits.oom_score.reason, container.limits.oom_score.source)
    return judge_graded(faults, good="it is not spared when memory runs out", source=unit.source)


def _fault(container: Container) -> GradedFault | None:
    score = container.limits.oom_score
    if not isinstance(score, Set) or score.value >= 0:
        return None
    if score.value > _NEVER:
        says, severity = "others are ended before it when memory runs out", Severity.MEDIUM
    elif isinstance(container.limits.memory, Set):
        says, severity = "it is never ended when memory runs out", Severity.MEDIUM
    else:
        says, severity = "it is never ended when memory runs out, and its memory has no known limit", Severity.CRITICAL
    return GradedFault(f"its oom_score_adj is {score.value}: {says}", score.source, severity)
