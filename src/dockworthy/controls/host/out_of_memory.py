"""When memory runs out the kernel should take a container, not the engine, and not the whole host."""

from __future__ import annotations

from typing import Any

from ...model.control import Control, Subject, owasp
from ...model.field import Set, Unset
from ...model.finding import Judgement, Remedy, failed, not_applicable, passed
from ...model.host import Host
from ...model.levels import Level, Severity
from ..examples import both, known, not_seen, on_host, sysctls
from ._fields import not_known

_PANIC = "vm.panic_on_oom"
_NO_PANIC = f"echo '{_PANIC} = 0' > /etc/sysctl.d/zz-{_PANIC}.conf && sysctl --system"


def _engine(score: int, panic: str = "0") -> dict[str, Any]:
    daemon = {"pid": 7, "argv": ["/usr/bin/dockerd"], "executable": "/usr/bin/dockerd", "oom_score_adj": score}
    return both(on_host(daemon=known(daemon)), sysctls(vm__panic_on_oom=panic))


control = Control(
    id="host/out-of-memory",
    title="When memory runs out, the engine is not the first to be killed",
    fault="When memory runs out, the engine may be the first to be killed",
    rationale="Without a lower score the engine is as good a victim as any container, and with it everything that it "
    "should restart. With vm.panic_on_oom one greedy container takes the whole host down.",
    level=Level.PRODUCTION,
    severity=Severity.MEDIUM,
    demand="7.foundation",
    subject=Subject.HOST,
    references=(owasp("D07"),),
    remedy=Remedy(
        "Set `OOMScoreAdjust=-500` below `[Service]` in the engine's unit (`systemctl edit docker`; its packages do), and "
        "restart it.",
        "restart of the engine: containers stop unless live-restore is on",
        "systemctl restart docker",
    ),
    check_yourself="cat /proc/$(cat /var/run/docker.pid)/oom_score_adj; sysctl vm.panic_on_oom",
    bad={"snapshot": [_engine(0), _engine(-500, "1")]},
    good={"snapshot": _engine(-500)},
    unclear={"snapshot": on_host(daemon=not_seen())},
)


@control.judge
def out_of_memory(host: Host) -> Judgement:
    panic = host.sysctls.get(_PANIC)
    if isinstance(panic, Set) and panic.value not in ("0", ""):
        says = f"{_PANIC} = {panic.value}: the host stops when memory runs out"
        return failed(says, panic.source, remedy=f"Set `{_PANIC} = 0`.", command=_NO_PANIC)
    if isinstance(host.daemon, Unset):
        return not_applicable("no engine runs", host.daemon.source)
    if not isinstance(host.daemon, Set):
        return not_known(host.daemon)
    score = host.daemon.value.oom_score_adj
    if score >= 0:
        says = f"the engine's oom_score_adj is {score}: as likely to be killed as any container"
        return failed(says, host.daemon.source)
    return passed(f"the engine's oom_score_adj is {score}", host.daemon.source)
