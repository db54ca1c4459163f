"""The engine's own log: at `info` it tells what happened, at `debug` it floods, above `info` it hides."""

from __future__ import annotations

from typing import Any

from ...model.control import Control, Subject, cis, owasp
from ...model.engine import Engine
from ...model.finding import Judgement, Outcome, Remedy
from ...model.levels import Level, Severity
from ..examples import settings_not_seen
from ._settings import judge_setting, judge_switch

control = Control(
    id="engine/log-level",
    title="The engine logs at level info, and is not in debug mode",
    fault="The engine does not log at level info",
    rationale="At `info` the log holds what an investigation needs. Debug mode fills the disk, writes request bodies "
    "and opens profiling addresses in the API; `warn` and above leave out who did what.",
    level=Level.PRODUCTION,
    severity=Severity.LOW,
    demand="1.monitor",
    subject=Subject.ENGINE,
    references=(cis("1.6.0", "2.3"), cis("1.8.0", "2.3"), owasp("D10")),
    remedy=Remedy(
        'Set `"debug": false` and `"log-level": "info"` in daemon.json, and take both off the command line.',
        "restart of the engine: containers stop unless live-restore is on; where only `debug` in daemon.json is wrong, "
        "`systemctl reload docker` is enough",
        "systemctl restart docker",
    ),
    check_yourself="docker info -f '{{.Debug}}'; grep -s log-level /etc/docker/daemon.json; "
    "systemctl show -p ExecStart docker",
    bad={"daemon.json": ['{"log-level": "debug"}', '{"log-level": "fatal"}', '{"debug": true}']},
    good={"daemon.json": ["{}", '{"log-level": "info"}']},
    unclear={"snapshot": settings_not_seen()},
)


@control.judge
def log_level(engine: Engine) -> Judgement:
    debug = judge_switch(engine, "debug", must_be=False, bad="debug mode is on", good="debug mode is off")
    level = judge_setting(engine, "log-level", _fault, "log level info")
    return debug if debug.outcome is not Outcome.PASS and level.outcome is not Outcome.FAIL else level


def _fault(level: Any) -> str:
    return "" if level in (None, "", "info") else f"log level {level}"
