"""Without live-restore every restart of the engine, every security update of it, stops every container."""

from __future__ import annotations

from ...model.control import Control, Subject, cis
from ...model.engine import Engine
from ...model.field import Set
from ...model.finding import Judgement, Remedy, not_applicable
from ...model.levels import Level, Severity
from ..examples import both, engine_says, on_host, settings_not_seen
from ._settings import judge_switch

_ON = on_host(daemon_json={"live-restore": True})
_ALONE = {"LocalNodeState": "inactive"}

control = Control(
    id="engine/live-restore",
    title="Containers survive a restart of the engine",
    fault="A restart of the engine stops every container",
    rationale="With `live-restore` the engine can be updated, reconfigured and even crash while the containers go on. "
    "Without it, patching the engine is an outage, and so is put off. Swarm nodes are drained instead.",
    level=Level.PRODUCTION,
    severity=Severity.MEDIUM,
    demand="5.engine-defaults",
    subject=Subject.ENGINE,
    references=(cis("1.6.0", "2.15"), cis("1.8.0", "2.16")),
    remedy=Remedy(
        'Set `"live-restore": true` in /etc/docker/daemon.json and reload the engine.',
        "none: reloaded with SIGHUP, no container stops; while it is on, no swarm can begin here",
        "systemctl reload docker",
    ),
    check_yourself="docker info -f '{{.LiveRestoreEnabled}} {{.Swarm.LocalNodeState}}'",
    bad={"daemon.json": "{}", "snapshot": engine_says(LiveRestoreEnabled=False, Swarm=_ALONE)},
    good={
        "daemon.json": '{"live-restore": true}',
        "snapshot": both(engine_says(LiveRestoreEnabled=True, Swarm=_ALONE), _ON),
    },
    unclear={"snapshot": settings_not_seen()},
)


@control.judge
def live_restore(engine: Engine) -> Judgement:
    in_swarm = engine.in_swarm
    if isinstance(in_swarm, Set) and in_swarm.value:
        return not_applicable(
            "a node of a swarm can't have live-restore; it is drained before a restart", in_swarm.source
        )
    return judge_switch(
        engine,
        "live-restore",
        must_be=True,
        bad="live-restore is off: a restart of the engine stops every container",
        good="live-restore is on",
    )
