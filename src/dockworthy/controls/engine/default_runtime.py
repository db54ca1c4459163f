"""The runtime makes the walls of a container. The default one is used by everybody who names none."""

from __future__ import annotations

from typing import Any

from ...model.control import Control, Subject, nist
from ...model.engine import Engine
from ...model.field import Set, Unknown
from ...model.finding import Judgement, Outcome, Remedy, unknown
from ...model.levels import Level, Severity
from ..examples import settings_not_seen
from ..runtimes import is_known, why_weaker
from ._settings import judge_setting

control = Control(
    id="engine/default-runtime",
    title="The default runtime isolates containers as well as runc does",
    fault="The default runtime isolates containers less than runc does",
    rationale="A program that is set as default runtime starts every container, as root, with whatever walls it "
    "likes. Special ones (graphics cards, WebAssembly) belong to the containers that need them.",
    level=Level.RESTRICTED,
    severity=Severity.MEDIUM,
    demand="1.privileges",
    subject=Subject.ENGINE,
    references=(nist("4.4.3"),),
    remedy=Remedy(
        'Set `"default-runtime": "runc"` in daemon.json (where it is only removed, the old one stays until the engine '
        "restarts), and name the special runtime where it is needed (`--runtime`).",
        "none for what runs: reloaded with SIGHUP; containers that need the special runtime have to name it",
        "systemctl reload docker",
    ),
    check_yourself="docker info -f '{{.DefaultRuntime}} {{json .Runtimes}}'",
    bad={"daemon.json": '{"default-runtime": "nvidia"}'},
    good={"daemon.json": ["{}", '{"default-runtime": "crun"}', '{"default-runtime": "kata-fc"}']},
    unclear={"daemon.json": '{"default-runtime": "our-own"}', "snapshot": settings_not_seen()},
)


@control.judge
def default_runtime(engine: Engine) -> Judgement:
    setting = engine.setting("default-runtime")
    judgement = judge_setting(engine, "default-runtime", _fault, f"default runtime {_name(setting)}")
    if judgement.outcome is Outcome.PASS and not is_known(_name(setting)):
        return unknown(f"default runtime {_name(setting)}: which walls it builds is not known", setting.source)
    return judgement


def _fault(runtime: Any) -> str:
    return why_weaker(str(runtime))


def _name(setting: Set[Any] | Unknown | object) -> str:
    return str(setting.value) if isinstance(setting, Set) else "runc"
