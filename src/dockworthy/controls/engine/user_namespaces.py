"""Without user namespaces root in a container is root on the host: one escape, and the host is theirs."""

from __future__ import annotations

from ...model.control import Control, Subject, cis, nist, owasp
from ...model.engine import Engine
from ...model.field import Set
from ...model.finding import Judgement, Remedy, passed
from ...model.levels import Level, Severity
from ..examples import both, engine_says, on_host, settings_not_seen
from ._settings import judge_setting

control = Control(
    id="engine/user-namespaces",
    title="Root in a container is nobody on the host: user namespaces, or a rootless engine",
    fault="Root in a container is root on the host",
    rationale="A process that breaks out of its container keeps its user. With `userns-remap`, or an engine that "
    "itself runs without root, that user has no rights on the host.",
    level=Level.PRODUCTION,
    severity=Severity.LOW,
    demand="1.privileges",
    subject=Subject.ENGINE,
    references=(
        cis("1.6.0", "2.1"),
        cis("1.8.0", "2.1"),
        cis("1.6.0", "2.9"),
        cis("1.8.0", "2.10"),
        nist("4.4.3"),
        owasp("D01"),
    ),
    remedy=Remedy(
        'Set `"userns-remap": "default"` in daemon.json, or install the rootless engine.',
        "restart of the engine with a new, empty data-root: images, containers and volumes of the old one are not "
        "seen until they are moved; containers that share the host's namespaces need `--userns=host`",
    ),
    check_yourself="docker info -f '{{.SecurityOptions}}'",
    bad={"snapshot": engine_says(SecurityOptions=["name=seccomp,profile=builtin"]), "daemon.json": "{}"},
    good={
        "snapshot": [
            engine_says(SecurityOptions=["name=seccomp,profile=builtin", "name=rootless"]),
            both(engine_says(SecurityOptions=["name=userns"]), on_host(daemon_json={"userns-remap": "default"})),
        ],
        "daemon.json": '{"userns-remap": "default"}',
    },
    unclear={"snapshot": settings_not_seen()},
)


@control.judge
def user_namespaces(engine: Engine) -> Judgement:
    rootless = engine.setting("rootless")
    if isinstance(rootless, Set) and rootless.value is True:
        return passed("the engine runs rootless", rootless.source)
    return judge_setting(
        engine,
        "userns-remap",
        lambda value: "" if value else "root in a container is root on the host: no userns-remap, not rootless",
        "userns-remap is on",
    )
