"""A disk, the memory or the console of the host in a container is the host, past every file permission."""

from __future__ import annotations

import shlex
from collections.abc import Iterable

from ...model.compose_fix import ComposeFix, WrittenService, remove_entries
from ...model.control import Control, Subject, cis, nist, owasp
from ...model.finding import Judgement, Outcome, Remedy, not_applicable, unknown
from ...model.fix import Change
from ...model.levels import Level, Severity
from ...model.workload import Unit
from ._containers import Fault, judge_faults
from ._devices import devices_of, has_all_devices, power_of, unclear_of
from ._platforms import WITH_DEVICES
from ._unclear import as_far_as_told

control = Control(
    id="workload/host-devices",
    title="No device that gives power over the host is handed to a container",
    fault="{who} [has|have] devices that give power over the host",
    rationale="Who reads a disk reads every file on it, who writes it is root at the next start; /dev/mem is the kernel's "
    "own memory, an input device every key that is pressed.",
    level=Level.BASELINE,
    severity=Severity.CRITICAL,
    demand="1.host-access",
    also_for=("1.privileges", "3.least-privilege"),
    subject=Subject.UNIT,
    platforms=WITH_DEVICES,
    references=(cis("1.6.0", "5.18"), cis("1.8.0", "5.18"), nist("4.4.3"), owasp("D04")),
    remedy=Remedy("Drop the device; mount the folder that is needed instead.", "recreates the container"),
    fixes=(
        ComposeFix(
            says="takes the device away",
            may_break="what works on the device itself: partitioning, backup of whole disks, hardware monitors",
            changes=lambda written: _without_powerful(written),
        ),
    ),
    check_yourself="docker inspect -f '{{json .HostConfig.Devices}}' {name}",
    bad={
        "marathon": "{id: /shop, container: {docker: {image: shop, parameters: [{key: device, value: '/dev/sda'}]}}}",
        "docker run": "docker run --device /dev/sda:/dev/sda:r shop",
        "compose": [
            "services: {web: {image: shop, devices: ['/dev/sda:/dev/sda']}}",
            *(
                f"services: {{web: {{image: shop, devices: ['{path}']}}}}"
                for path in (
                    *(
                        "/dev/ubuntu-vg/ubuntu-lv",
                        "/dev/vg0/root:/dev/x:r",
                        "/dev/pve/root",
                        "/dev/dasda",
                        "/dev/pmem0",
                    ),
                    *("/dev/zvol/rpool/data", "/dev/zram0", "/dev/root", "/dev/drbd0", "/dev/ublkb0", "dev/vg0/root"),
                )
            ),
            "services: {web: {image: shop, devices: [{source: '/dev/block/253:0', target: /dev/x}]}}",
            "services: {web: {image: shop, devices: [{source: '/dev/char/1:1', target: /dev/x}]}}",
        ],
        "container": [
            *(
                {
                    "HostConfig": {
                        "Devices": [{"PathOnHost": path, "PathInContainer": "/dev/x", "CgroupPermissions": "r"}]
                    }
                }
                for path in ("/dev/sda", "/dev/nvme0n1p2", "/dev/mem", "/dev/disk/by-id/x", "/dev/mapper/root", "/dev")
            ),
            {"Mounts": [{"Type": "bind", "Source": "/dev/vda", "Destination": "/x", "RW": True}]},
        ],
    },
    good={
        "docker run": ["docker run --device /dev/snd shop", "docker run --gpus all shop"],
        "compose": [
            "services: {web: {image: shop, gpus: all}}",
            "services: {web: {image: shop, deploy: {resources: {reservations: {devices: [{driver: nvidia, count: '${GPUS}'}]}}}}}",
            "services: {web: {image: shop, devices: ['/dev/snd:/dev/snd']}}",
            *(
                f"services: {{web: {{image: shop, devices: ['{path}']}}}}"
                for path in (
                    *("/dev/serial/by-id/usb-zigbee", "/dev/bus/usb/001/002", "/dev/net/tun", "/dev/dri/renderD128"),
                    *("/dev/video0", "/dev/nvidia0", "/dev/kvm", "/dev/fuse", "/dev/nvidia-caps/nvidia-cap1"),
                    *("/dev/vga_arbiter", "nvidia.com/gpu=all"),
                )
            ),
            "services: {web: {image: shop}}",
        ],
        "container": [
            {},
            {"HostConfig": {"Devices": [{"PathOnHost": "/dev/dri", "PathInContainer": "/dev/dri"}]}},
            {"HostConfig": {"Devices": [{"PathOnHost": "/dev/ttyUSB0", "PathInContainer": "/dev/ttyUSB0"}]}},
            {"HostConfig": {"DeviceRequests": [{"Driver": "", "Count": -1, "Capabilities": [["gpu"]]}]}},
        ],
    },
    unclear={
        "compose": [
            "services: {web: {image: shop, gpus: [{driver: cdi, device_ids: [vendor.com/disk=all]}]}}",
            "services: {web: {image: shop, devices: ['/srv/a-link:/dev/x']}}",
            "services: {web: {image: shop, devices: ['/dev/data/shop']}}",
            "services: {web: {image: shop, devices: ['vendor.com/disk=all']}}",
        ],
        "request": {
            "Image": "shop",
            "HostConfig": {"DeviceRequests": [{"Driver": "cdi", "DeviceIDs": ["vendor.com/disk=all"]}]},
        },
        "container": {"HostConfig": {"DeviceRequests": [{"Driver": "cdi", "DeviceIDs": ["vendor.com/disk=all"]}]}},
    },
)

_OF_GPUS = ("", "nvidia", "amd")
"""Drivers of requests that hand over GPUs, and nothing else."""


def _without_powerful(written: WrittenService) -> Iterable[Change]:
    entries = [entry for entry in written.listed("devices") if power_of(entry.partition(":")[0])]
    return remove_entries("devices", entries=entries)


@control.judge
def host_devices(unit: Unit) -> Judgement:
    if any(has_all_devices(container) for container in unit.containers):
        return not_applicable("a privileged container has every device (workload/privileged)", unit.source)
    handed = [device for container in unit.containers for device in devices_of(container)]
    faults = [
        Fault(f"{device.path} ({device.permissions}): {power}", device.source)
        for device in handed
        if (power := power_of(device.path))
    ]
    judged = judge_faults(faults, good="no device that gives power over the host", source=unit.source)
    if judged.outcome is Outcome.PASS:
        for device in handed:
            if why := unclear_of(device.path):
                return unknown(f"{device.path}: {why}", device.source, tell=f"readlink -f {shlex.quote(device.path)}")
    requests = (each for container in unit.containers for each in container.device_requests)
    other = next((each for each in requests if each.driver not in _OF_GPUS), None)
    if other is not None and judged.outcome is Outcome.PASS:
        return unknown(
            f"{other.says}: which devices these are, files of the host say",
            other.declared_at,
            tell="the files below /etc/cdi and /run/cdi of the host",
        )
    return as_far_as_told(judged, unit, "devices")
