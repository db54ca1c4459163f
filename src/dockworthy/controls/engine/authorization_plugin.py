"""Whoever may speak to the engine may do everything, unless an authorization plugin looks at each request."""

from __future__ import annotations

from ...model.control import Control, Subject, cis, nist
from ...model.engine import Engine
from ...model.finding import Judgement, Remedy
from ...model.levels import Level, Severity
from ..examples import both, engine_says, on_host, settings_not_seen
from ._settings import judge_setting, texts

control = Control(
    id="engine/authorization-plugin",
    title="An authorization plugin decides about each request to the engine",
    fault="No authorization plugin decides about requests to the engine",
    rationale="The engine itself knows no rights: its socket is all or nothing. A policy that is only checked before "
    "a deploy is passed by with one `docker run`; an authorization plugin sees that request, too.",
    level=Level.PRODUCTION,
    severity=Severity.MEDIUM,
    demand="2.policy",
    subject=Subject.ENGINE,
    references=(cis("1.6.0", "2.12"), cis("1.8.0", "2.13"), nist("4.3.1")),
    remedy=Remedy(
        "Install an authorization plugin and name it in `authorization-plugins` of daemon.json; "
        "`dockworthy guard install` brings one, and does both.",
        "none: reloaded with SIGHUP; while the plugin does not answer, the engine refuses every request",
        "systemctl reload docker",
    ),
    check_yourself="docker info -f '{{.Plugins.Authorization}}'",
    bad={"daemon.json": "{}", "snapshot": engine_says(Plugins={"Authorization": None})},
    good={
        "daemon.json": '{"authorization-plugins": ["gatekeeper"]}',
        "snapshot": both(
            engine_says(Plugins={"Authorization": ["gatekeeper"]}),
            on_host(daemon_json={"authorization-plugins": ["gatekeeper"]}),
        ),
    },
    unclear={"snapshot": settings_not_seen()},
)


@control.judge
def authorization_plugin(engine: Engine) -> Judgement:
    return judge_setting(
        engine,
        "authorization-plugins",
        lambda plugins: "" if texts(plugins) else "no authorization plugin: who reaches the socket may do everything",
        "an authorization plugin is loaded",
    )
