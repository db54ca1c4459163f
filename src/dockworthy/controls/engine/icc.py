"""On the default bridge every container reaches every port of every other one, unless the engine is told otherwise."""

from __future__ import annotations

from ...model.control import Control, Subject, cis, nist, owasp
from ...model.engine import Engine
from ...model.field import Set
from ...model.finding import Judgement, Remedy, not_applicable
from ...model.levels import Level, Severity
from ..examples import settings_not_seen
from ._settings import judge_switch

control = Control(
    id="engine/icc",
    title="Containers on the default bridge cannot reach each other",
    fault="Containers on the default bridge reach each other",
    rationale="Whoever names no network lands on the default bridge. With `icc` on, a container that was broken into "
    "reaches every port of all the others there, published or not.",
    level=Level.RESTRICTED,
    severity=Severity.MEDIUM,
    demand="1.reach",
    also_for=("5.engine-defaults",),
    subject=Subject.ENGINE,
    references=(cis("1.6.0", "2.2"), cis("1.8.0", "2.2"), nist("4.3.3"), owasp("D03")),
    remedy=Remedy(
        'Set `"icc": false` in /etc/docker/daemon.json, and put containers that talk to each other on a network of their '
        "own. The engine changes its default bridge only when it starts while no container runs: with live-restore stop "
        "the containers first, and start them afterwards.",
        "restart of the engine: all containers stop; those on the default bridge that talk to each other lose their "
        "connection",
    ),
    check_yourself="docker network inspect bridge -f '{{index .Options \"com.docker.network.bridge.enable_icc\"}}'",
    bad={"daemon.json": ["{}", '{"icc": true}']},
    good={"daemon.json": ['{"icc": false}', '{"icc": false, "log-driver": "local"}']},
    unclear={"snapshot": settings_not_seen()},
)


@control.judge
def icc(engine: Engine) -> Judgement:
    bridge = engine.setting("bridge")
    if isinstance(bridge, Set) and bridge.value == "none":
        return not_applicable("the engine makes no default bridge", bridge.source)
    return judge_switch(
        engine,
        "icc",
        must_be=False,
        bad="icc is on: containers on the default bridge reach each other",
        good="icc is off",
    )
