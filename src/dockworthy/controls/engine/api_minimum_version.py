"""Which old clients the engine still serves: a list that only gets shorter, with every upgrade."""

from __future__ import annotations

from typing import Any

from ...model.control import Control, Subject
from ...model.dialect import Version
from ...model.engine import Engine
from ...model.field import Set, Source, Unknown
from ...model.finding import Judgement, Remedy, failed, not_applicable, passed, unknown
from ...model.levels import Level, Severity
from ..examples import not_seen

_SOURCE = Source("GET /version", "MinAPIVersion")
_DECIDES_SINCE = 29
"""The first engine that refuses old versions by default (below 1.44; since 29.3 below 1.40)."""
_OLDEST = Version(1, 40)


def _said(version: str, minimum: str) -> dict[str, Any]:
    value = {"Version": version, "MinAPIVersion": minimum}
    return {"engine": {"version": {"is": "set", "value": value, "source": {"where": "GET /version"}}}}


control = Control(
    id="engine/api-minimum-version",
    title="The engine is not held back for clients of old API versions",
    fault="The engine serves clients of old API versions",
    rationale="An engine whose minimum API version was lowered serves clients that the next one refuses. They are "
    "found best before the upgrade, not by it.",
    level=Level.PRODUCTION,
    severity=Severity.LOW,
    demand="5.current",
    subject=Subject.ENGINE,
    remedy=Remedy(
        "Update the clients (agents, CI runners, reverse proxies that read the socket), then remove "
        "`min-api-version` from daemon.json, or DOCKER_MIN_API_VERSION from the engine's unit.",
        "restart of the engine; clients that were not updated get an error",
    ),
    check_yourself="docker version -f '{{.Server.MinAPIVersion}}'; systemctl show -p Environment docker",
    bad={"snapshot": _said("29.7.2", "1.24")},
    good={"snapshot": [_said("29.7.2", "1.40"), _said("29.0.4", "1.44")]},
    unclear={"snapshot": {"engine": {"version": not_seen(), "info": not_seen()}}},
)


@control.judge
def api_minimum_version(engine: Engine) -> Judgement:
    details = engine.version_details
    if isinstance(details, Unknown):
        return unknown(details.reason, _SOURCE, tell=details.tell)
    minimum = str(details.value.get("MinAPIVersion", "")) if isinstance(details, Set) else ""
    try:
        oldest, major = Version.parse(minimum), int(str(_version(engine)).split(".")[0])
    except ValueError:
        return unknown("the engine did not say its version and minimum API version", _SOURCE)
    if major < _DECIDES_SINCE:
        says = f"engine {major} serves API versions from {minimum} on; engine 29 refuses those below 1.40"
        return not_applicable(says, _SOURCE)
    if oldest < _OLDEST:
        return failed(f"the minimum API version was lowered to {minimum}: old clients are served", _SOURCE)
    return passed(f"API versions below {minimum} are refused", _SOURCE)


def _version(engine: Engine) -> str:
    return engine.version.value if isinstance(engine.version, Set) else ""
