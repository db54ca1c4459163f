"""The engine checks daemon.json only when it starts: a slip in it is found by the next reboot."""

from __future__ import annotations

from collections.abc import Sequence

from ...model.control import Control, Subject
from ...model.engine import NOT_IN_A_SWARM, STANDS_TWICE, Engine
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
    id="engine/settings-accepted",
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
        faults = tuple(engine.refused[name] for name in sorted(engine.refused))
        return Judgement(Outcome.FAIL, faults, remedy=_remedy([fault.says for fault in faults]))
    if isinstance(engine.settings_seen, Unknown):
        return not_known(engine.settings_seen)
    return passed("nothing that is written keeps the engine from starting", engine.settings_seen.source)


def _remedy(faults: Sequence[str]) -> str:
    """`dockerd --validate` reads the file alone: of what is at odds with something else it says `configuration OK`."""
    says = []
    if any(STANDS_TWICE in fault for fault in faults):
        says.append("Take it out of daemon.json, or off the command line of the unit (`systemctl edit docker`).")
    if any(NOT_IN_A_SWARM in fault for fault in faults):
        says.append('Set `"live-restore": false` in daemon.json.')
    if not says:
        return ""
    return " ".join((*says, "`dockerd --validate` does not see this: it reads the file alone."))
