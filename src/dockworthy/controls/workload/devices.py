"""Each device of the host in a container is a driver of the host's kernel that an intruder can talk to."""

from __future__ import annotations

from ...model.control import Control, Subject, cis, nist, owasp
from ...model.finding import Judgement, Remedy, not_applicable
from ...model.levels import Level, Severity
from ...model.workload import Unit
from ._devices import devices_of, has_all_devices, ordinary_fault, rule_opens, rule_opens_more, rules_of
from ._graded import GradedFault, judge_graded
from ._platforms import WITH_DEVICES
from ._unclear import as_far_as_told

control = Control(
    id="workload/devices",
    title="No device of the host is handed to a container",
    fault="{who} [has|have] devices of the host",
    rationale="A driver is code of the kernel, and a device ties the container to its host. Where the work needs one "
    "(a GPU, a tunnel, a serial line), that is an exception with an owner. Disks, memory and consoles are judged by "
    "stricter controls of their own.",
    level=Level.PRODUCTION,
    severity=Severity.MEDIUM,
    demand="1.host-access",
    subject=Subject.UNIT,
    platforms=WITH_DEVICES,
    references=(cis("1.6.0", "5.18"), cis("1.8.0", "5.18"), nist("4.4.3"), owasp("D04")),
    remedy=Remedy("Drop the device, or record the exception.", "recreates the container"),
    check_yourself="docker inspect -f '{{json .HostConfig.Devices}} {{json .HostConfig.DeviceCgroupRules}}' {name}",
    bad={
        "marathon": "{id: /shop, container: {docker: {image: shop, parameters: [{key: device, value: '/dev/ttyUSB0'}]}}}",
        "compose": [
            "services: {web: {image: shop, device_cgroup_rules: ['c 189:* rmw']}}",
            "services: {web: {image: shop, gpus: all}}",
            "services: {web: {image: shop, gpus: [{driver: nvidia, count: 1}]}}",
            "services: {web: {image: shop, gpus: '${GPUS}'}}",
            "services: {web: {image: shop, deploy: {resources: {reservations: {devices: [{count: '${GPUS}', capabilities: [gpu]}]}}}}}",
            "services: {web: {image: shop, deploy: {resources: {reservations: {devices: [{driver: cdi, device_ids: [vendor.com/gpu=all], capabilities: [gpu]}]}}}}}",
        ],
        "docker run": "docker run --device-cgroup-rule 'c 189:* rmw' shop",
        "container": [
            {"HostConfig": {"Devices": [{"PathOnHost": "/dev/ttyUSB0", "PathInContainer": "/dev/ttyUSB0"}]}},
            {"HostConfig": {"Devices": [{"PathOnHost": "/dev/dri/card0", "PathInContainer": "/dev/dri/card0"}]}},
            *({"HostConfig": {"DeviceCgroupRules": [rule]}} for rule in ("c 188:* rw", "c 10:200 rwm", "c 511:0 r")),
        ],
    },
    good={
        "container": [
            {},
            {"HostConfig": {"Devices": [{"PathOnHost": "/dev/null", "PathInContainer": "/dev/x"}]}},
            {"HostConfig": {"DeviceCgroupRules": ["c 1:3 rw", "c 5:2 rwm", "c 188:* m"]}},
            {"Mounts": [{"Type": "bind", "Source": "/dev/log", "Destination": "/dev/log", "RW": True}]},
        ]
    },
)


@control.judge
def devices(unit: Unit) -> Judgement:
    if any(has_all_devices(container) for container in unit.containers):
        return not_applicable("a privileged container has every device (workload/privileged)", unit.source)
    handed = [device for container in unit.containers for device in devices_of(container)]
    faults = [fault for device in handed if (fault := ordinary_fault(device)) is not None]
    faults += [
        GradedFault(f"device rule {rule!r}", source, Severity.MEDIUM)
        for container in unit.containers
        for rule, source in rules_of(container)
        if rule_opens_more(rule) and not rule_opens(rule)
    ]
    faults += [
        GradedFault(f"{each.says}: the engine chooses the device at the start", each.declared_at, Severity.LOW)
        for container in unit.containers
        for each in container.device_requests
    ]
    judged = judge_graded(faults, good="no device of the host", source=unit.source)
    return as_far_as_told(judged, unit, "devices")
