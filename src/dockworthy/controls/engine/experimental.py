"""Experimental features may change or break with any release; they are not for production."""

from __future__ import annotations

from ...model.control import Control, Subject, cis
from ...model.engine import Engine
from ...model.finding import Judgement, Remedy
from ...model.levels import Level, Severity
from ..examples import settings_not_seen
from ._settings import judge_switch

control = Control(
    id="engine/experimental",
    title="Experimental features of the engine are off",
    fault="Experimental features of the engine are on",
    rationale="They come without a promise: they change, break or go with any release, and are tested less.",
    level=Level.PRODUCTION,
    severity=Severity.LOW,
    demand="5.engine-defaults",
    subject=Subject.ENGINE,
    references=(cis("1.6.0", "2.18"), cis("1.8.0", "2.19")),
    remedy=Remedy(
        "Remove `experimental` from daemon.json and the command line.",
        "restart of the engine: containers stop unless live-restore is on; containers with experimental features fail",
    ),
    check_yourself="docker version -f '{{.Server.Experimental}}'",
    bad={"daemon.json": '{"experimental": true}'},
    good={"daemon.json": ["{}", '{"experimental": false}']},
    unclear={"snapshot": settings_not_seen()},
)


@control.judge
def experimental(engine: Engine) -> Judgement:
    return judge_switch(
        engine, "experimental", must_be=False, bad="experimental features are on", good="experimental features are off"
    )
