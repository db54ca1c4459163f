"""The kernel remembers every connection of every container; when the table is full it drops new ones."""

from __future__ import annotations

from ...model.control import Control, Subject
from ...model.field import Set, Unknown
from ...model.finding import Judgement, Remedy, failed, not_applicable, passed, unknown
from ...model.host import Host
from ...model.levels import Level, Severity
from ..examples import not_seen, sysctls
from ._fields import not_known, percent

_COUNT, _MAX = "net.netfilter.nf_conntrack_count", "net.netfilter.nf_conntrack_max"
_FULL = 80

control = Control(
    id="host/connection-table",
    title="The table of connections has room",
    fault="The kernel's table of connections is nearly full",
    rationale="Every connection to or from a container passes address translation and takes a place. With none left "
    "the kernel drops new connections: services time out at the busiest hour, and nothing in their logs says why.",
    level=Level.PRODUCTION,
    severity=Severity.MEDIUM,
    demand="6.efficient",
    subject=Subject.HOST,
    remedy=Remedy(
        "Write a larger `net.netfilter.nf_conntrack_max` to /etc/sysctl.d/zz-conntrack.conf and load it with `sysctl "
        "--system`. So that it holds after a reboot, load the module before the settings: `nf_conntrack` in "
        "/etc/modules-load.d/conntrack.conf. Each place costs about 400 bytes.",
        "none",
    ),
    check_yourself=f"sysctl {_COUNT} {_MAX}; dmesg | grep 'table full'",
    bad={
        "snapshot": sysctls(net__netfilter__nf_conntrack_count="60000", net__netfilter__nf_conntrack_max="65536"),
    },
    good={"snapshot": sysctls(net__netfilter__nf_conntrack_count="120", net__netfilter__nf_conntrack_max="65536")},
    unclear={"snapshot": {"host": {"sysctls": {_COUNT: not_seen(), _MAX: not_seen()}}}},
)


@control.judge
def connection_table(host: Host) -> Judgement:
    used, most = host.sysctls.get(_COUNT), host.sysctls.get(_MAX)
    if not isinstance(used, Set) or not isinstance(most, Set):
        for field in (used, most):
            if isinstance(field, Unknown):
                return not_known(field)
        if used is None or most is None:
            return unknown("the table of connections was not read")
        return not_applicable("the kernel tracks no connections", used.source)
    if not (used.value.isdigit() and most.value.isdigit() and int(most.value)):
        return unknown(f"{_COUNT} = {used.value}, {_MAX} = {most.value}", used.source)
    full = percent(int(used.value), int(most.value))
    says = f"{used.value} of {most.value} connections ({full} %)"
    return (failed if full >= _FULL else passed)(says, used.source)
