"""The engine checks daemon.json only when it starts: a slip in it is found by the next reboot."""

from __future__ import annotations

from ...model.control import Control, Subject
from ...model.engine import Engine
from ...model.field import Unknown
from ...model.finding import Judgement, Outcome, Remedy, passed
from ...model.levels import Level, Severity
from ..examples import on_host, settings_not_seen
from ._settings import not_known

_WITH_HOSTS = on_host(
    daemon={"pid": 7, "argv": ["/usr/bin/dockerd", "-H", "fd://"], "executable": "/usr/bin/dockerd"},
    daemon_json={"hosts": ["unix:///var/run/docker.sock"]},
)

control = Control(
    title="The engine will start again with the settings as they are written",
    fault="The engine will not start again with the settings that are written",
    rationale="A setting that stands both on the command line and in daemon.json, a word where true or false is "
    "asked, a misspelt name: the running engine does not mind, and after the next reboot nothing runs at all.",
    level=Level.PRODUCTION,
    severity=Severity.HIGH,
    demand="5.engine-defaults",
    subject=Subject.ENGINE,
    remedy=Remedy(
        "Correct the setting, and let the engine check the file before it is restarted.",
        "none",
        "dockerd --validate --config-file /etc/docker/daemon.json",
    ),
    check_yourself="dockerd --validate --config-file /etc/docker/daemon.json; systemctl show -p ExecStart docker",
    bad={"daemon.json": ['{"icc": "false"}', '{"log-dirver": "local"}'], "snapshot": _WITH_HOSTS},
    good={"daemon.json": ["{}", '{"icc": false}']},
    unclear={"snapshot": settings_not_seen()},
)


@control.judge
def settings_accepted(engine: Engine) -> Judgement:
    if engine.refused:
        return Judgement(Outcome.FAIL, tuple(engine.refused[name] for name in sorted(engine.refused)))
    if isinstance(engine.settings_seen, Unknown):
        return not_known(engine.settings_seen)
    return passed("nothing that is written keeps the engine from starting", engine.settings_seen.source)
