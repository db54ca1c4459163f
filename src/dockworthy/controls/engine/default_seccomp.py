"""The engine's default seccomp profile keeps containers from the system calls that escapes are made of."""

from __future__ import annotations

from typing import Any

from ...model.control import Control, Subject, cis, nist, owasp
from ...model.engine import Engine
from ...model.finding import Judgement, Remedy
from ...model.levels import Level, Severity
from ..examples import both, engine_says, on_host, settings_not_seen
from ._settings import judge_setting

control = Control(
    id="engine/default-seccomp",
    title="The engine filters containers' system calls by default",
    fault="The engine does not filter containers' system calls by default",
    rationale="The built-in profile blocks the calls that no ordinary program needs and most kernel exploits use. "
    "`unconfined` takes it away from every container that does not ask for a profile of its own.",
    level=Level.BASELINE,
    severity=Severity.HIGH,
    demand="1.privileges",
    also_for=("5.engine-defaults",),
    subject=Subject.ENGINE,
    references=(cis("1.6.0", "2.17"), cis("1.8.0", "2.18"), nist("4.4.3"), owasp("D04")),
    remedy=Remedy(
        "Remove `seccomp-profile` from daemon.json and the command line: the built-in profile is used again.",
        "restart of the engine: containers stop unless live-restore is on, and get the filter when they are recreated",
    ),
    check_yourself="docker info -f '{{.SecurityOptions}}'",
    bad={
        "daemon.json": '{"seccomp-profile": "unconfined"}',
        "snapshot": [
            both(
                engine_says(SecurityOptions=["name=seccomp,profile=unconfined"]),
                on_host(daemon_json={"seccomp-profile": "unconfined"}),
            ),
            engine_says(SecurityOptions=["name=apparmor"]),
        ],
    },
    good={
        "daemon.json": ["{}", '{"seccomp-profile": "/etc/docker/tighter.json"}'],
        "snapshot": engine_says(SecurityOptions=["name=seccomp,profile=builtin"]),
    },
    unclear={"snapshot": settings_not_seen()},
)


@control.judge
def default_seccomp(engine: Engine) -> Judgement:
    return judge_setting(engine, "seccomp-profile", _fault, "system calls are filtered by default")


def _fault(profile: Any) -> str:
    if profile == "unconfined":
        return "the default seccomp profile is unconfined: system calls are not filtered"
    if profile == "unsupported":
        return "this kernel or engine has no seccomp: system calls are not filtered"
    return ""
