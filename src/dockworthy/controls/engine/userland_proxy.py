"""docker-proxy: one process for each published port, which hides the client's address and outlives nothing."""

from __future__ import annotations

from ...model.control import Control, Subject, cis
from ...model.engine import Engine
from ...model.finding import Judgement, Remedy
from ...model.levels import Level, Severity
from ..examples import settings_not_seen
from ._settings import judge_switch

control = Control(
    id="engine/userland-proxy",
    title="Published ports do without the userland proxy",
    fault="Published ports go through the userland proxy",
    rationale="Where the kernel can translate addresses itself, docker-proxy only adds a process for each published "
    "port, copies each byte twice for local clients, and is one more program that listens.",
    level=Level.PRODUCTION,
    severity=Severity.LOW,
    demand="5.engine-defaults",
    subject=Subject.ENGINE,
    references=(cis("1.6.0", "2.16"), cis("1.8.0", "2.17")),
    remedy=Remedy(
        'Set `"userland-proxy": false` in /etc/docker/daemon.json; try connections from the host to itself first.',
        "restart of the engine: containers stop unless live-restore is on",
    ),
    check_yourself="pgrep -a docker-proxy; grep -s userland-proxy /etc/docker/daemon.json",
    bad={"daemon.json": ["{}", '{"userland-proxy": true}']},
    good={"daemon.json": '{"userland-proxy": false}'},
    unclear={"snapshot": settings_not_seen()},
)


@control.judge
def userland_proxy(engine: Engine) -> Judgement:
    return judge_switch(
        engine,
        "userland-proxy",
        must_be=False,
        bad="userland-proxy is on: a docker-proxy process listens for each published port",
        good="userland-proxy is off",
    )
