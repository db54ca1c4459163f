"""The engine's default log driver never throws a line away: one chatty container fills the disk of all."""

from __future__ import annotations

from typing import Any

from ...model.control import Control, Subject, owasp
from ...model.engine import Engine
from ...model.field import Unknown
from ...model.finding import Judgement, Remedy, not_applicable
from ...model.levels import Level, Severity
from ..examples import settings_not_seen
from ._settings import judge_setting, not_known, value_or_none

_KEEPS_ALL = "json-file"
_UNLIMITED = (None, "", "-1", "0", -1, 0)

control = Control(
    id="engine/log-rotation",
    title="Container logs are rotated by default",
    fault="Container logs grow without end by default",
    rationale="`json-file` without `max-size` grows until the disk is full; then containers, engine and host fail "
    "together. A container's own settings can differ, but the default is what the next container gets.",
    level=Level.PRODUCTION,
    severity=Severity.HIGH,
    demand="3.logs",
    also_for=("5.cleanup",),
    subject=Subject.ENGINE,
    references=(owasp("D10"),),
    remedy=Remedy(
        'Set `"log-driver": "local"`, or `"log-opts": {"max-size": "10m", "max-file": "5"}`, in daemon.json.',
        "restart of the engine: containers stop unless live-restore is on; holds for containers made afterwards, "
        "so recreate those that run",
    ),
    check_yourself="docker info -f '{{.LoggingDriver}}'; grep -A3 -s log-opts /etc/docker/daemon.json; "
    "du -shc /var/lib/docker/containers/*/*-json.log*",
    bad={"daemon.json": ["{}", '{"log-driver": "json-file"}', '{"log-opts": {"max-size": "-1"}}']},
    good={
        "daemon.json": [
            '{"log-driver": "local"}',
            '{"log-driver": "journald"}',
            '{"log-driver": "json-file", "log-opts": {"max-size": "10m", "max-file": "3"}}',
        ]
    },
    unclear={"snapshot": settings_not_seen()},
)


@control.judge
def log_rotation(engine: Engine) -> Judgement:
    driver, options = engine.setting("log-driver"), engine.setting("log-opts")
    if value_or_none(driver) == "none":
        return not_applicable("log driver none keeps no logs", driver.source)
    if value_or_none(driver) == _KEEPS_ALL and isinstance(options, Unknown):
        return not_known(options)
    limit = _max_size(value_or_none(options))
    good = f"log driver {value_or_none(driver)}" + (f", max-size {limit}" if limit else "")
    return judge_setting(engine, "log-driver", lambda name: "" if name != _KEEPS_ALL or limit else _FAULT, good)


_FAULT = "log driver json-file without max-size: logs grow until the disk is full"


def _max_size(options: Any) -> str:
    size = options.get("max-size") if isinstance(options, dict) else None
    return "" if size in _UNLIMITED else str(size)
