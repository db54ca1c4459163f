"""A rule of the device cgroup opens devices that are not there yet: whoever may make a device node has them."""

from __future__ import annotations

from ...model.control import Control, Subject, cis, nist, owasp
from ...model.field import Unknown
from ...model.finding import Judgement, Remedy, not_applicable, unknown
from ...model.levels import Level, Severity
from ...model.workload import Unit
from ._containers import Fault, judge_faults
from ._devices import has_all_devices, rule_opens, rules_of
from ._platforms import WITH_DEVICES

control = Control(
    id="workload/device-rules",
    title="No device rule opens the host's disks, memory or consoles",
    fault="{who} [has|have] device rules that open disks, memory or consoles of the host",
    rationale="With the rule `a *:* rwm` a container makes a node for the host's disk (the default capability MKNOD is "
    "enough) and reads and writes it, though no device was handed to it.",
    level=Level.BASELINE,
    severity=Severity.CRITICAL,
    demand="1.host-access",
    also_for=("1.privileges", "3.least-privilege"),
    subject=Subject.UNIT,
    platforms=WITH_DEVICES,
    references=(cis("1.6.0", "5.18"), cis("1.8.0", "5.18"), nist("4.4.3"), owasp("D04")),
    remedy=Remedy(
        "Name the one device with `--device`, or the one number (`c 188:0 rw`) in the rule.", "recreates the container"
    ),
    check_yourself="docker inspect -f '{{json .HostConfig.DeviceCgroupRules}}' {name}",
    bad={
        "compose": [
            f"services: {{web: {{image: shop, device_cgroup_rules: ['{rule}']}}}}"
            for rule in ("a *:* rwm", "b 8:* r", "c 10:* rwm", "c 202:* rw")
        ],
        "docker run": "docker run --device-cgroup-rule 'c 21:* rw' shop",
        "container": [
            {"HostConfig": {"DeviceCgroupRules": [rule]}}
            for rule in (
                *(
                    "a *:* rwm",
                    "a 1:3 r",
                    "b 8:0 r",
                    "c *:* rw",
                    "c *:1 r",
                    "c 1:1 r",
                    "c 01:1 r",
                    "c 1:11 r",
                    "c 13:* r",
                ),
                *("c 10:* w", "c 10:223 w", "c 10:196 rw", "c 10:231 r", "c 21:* r", "c 202:0 w", "c 0202:00 w"),
                *("c 7:1 r", "c 4:1 rw", "c 5:1 rw", "c 162:1 rw", "c 4294967297:1 r", "c 1 1 r"),
            )
        ],
    },
    good={
        "compose": "services: {web: {image: shop, device_cgroup_rules: ['c 189:* rmw', 'c 188:0 rw']}}",
        "docker run": "docker run --device-cgroup-rule 'c 81:* rmw' shop",
        "container": [
            {},
            {"HostConfig": {"DeviceCgroupRules": []}},
            {"HostConfig": {"DeviceCgroupRules": ["c 188:* rmw", "c 1:3 rw", "c 5:2 rwm", "b *:* m"]}},
            {"HostConfig": {"DeviceCgroupRules": ["c 10:200 rwm", "c 10:229 rwm", "c 4:64 rw", "c 136:* rwm"]}},
        ],
    },
    unclear={"container": {"HostConfig": {"DeviceCgroupRules": "all of them"}}},
)


@control.judge
def device_rules(unit: Unit) -> Judgement:
    if any(has_all_devices(container) for container in unit.containers):
        return not_applicable("a privileged container has every device (workload/privileged)", unit.source)
    for container in unit.containers:
        if isinstance(container.device_rules, Unknown):
            return unknown(container.device_rules.reason, container.device_rules.source)
    rules = [rule for container in unit.containers for rule in rules_of(container)]
    faults = [Fault(f"{rule!r} opens {opened}", source) for rule, source in rules if (opened := rule_opens(rule))]
    return judge_faults(faults, good="no device rule opens disks, memory or consoles", source=unit.source)
