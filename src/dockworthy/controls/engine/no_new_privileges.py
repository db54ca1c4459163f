"""With no-new-privileges a setuid program in a container gives nobody root."""

from __future__ import annotations

from ...model.control import Control, Subject, cis, nist, owasp
from ...model.engine import Engine
from ...model.finding import Judgement, Remedy
from ...model.levels import Level, Severity
from ..examples import settings_not_seen
from ._settings import judge_switch

control = Control(
    id="engine/no-new-privileges",
    title="By default processes in containers can't gain privileges",
    fault="By default processes in containers can gain privileges",
    rationale="A setuid program in an image makes an ordinary user of the container root in it. With this default "
    "such programs run without gaining anything, in every container that does not ask otherwise.",
    level=Level.PRODUCTION,
    severity=Severity.MEDIUM,
    demand="1.privileges",
    also_for=("5.engine-defaults",),
    subject=Subject.ENGINE,
    references=(cis("1.6.0", "2.14"), cis("1.8.0", "2.15"), nist("4.4.3"), owasp("D04")),
    remedy=Remedy(
        'Set `"no-new-privileges": true` in daemon.json. A container that needs su or sudo asks for '
        "`--security-opt no-new-privileges=false`.",
        "restart of the engine: containers stop unless live-restore is on; holds for containers made afterwards",
    ),
    check_yourself="docker info -f '{{.SecurityOptions}}'; grep -s no-new-privileges /etc/docker/daemon.json",
    bad={"daemon.json": ["{}", '{"no-new-privileges": false}']},
    good={"daemon.json": '{"no-new-privileges": true}'},
    unclear={"snapshot": settings_not_seen()},
)


@control.judge
def no_new_privileges(engine: Engine) -> Judgement:
    return judge_switch(
        engine,
        "no-new-privileges",
        must_be=True,
        bad="no-new-privileges is off: setuid programs in containers give privileges",
        good="no-new-privileges is on",
    )
