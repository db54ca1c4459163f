"""Options of volumes that mount nothing of the host, and ones that only look so; without an engine."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from dockworthy.guard.policy_in_force import PolicyInForce
from dockworthy.model.guard_policy import GuardPolicy
from guard.test_judging import SHOP, ask
from guard.worlds import EmptyWorld


@pytest.mark.parametrize(
    ("options", "allowed"),
    [
        ({"size": "10G"}, True),
        ({"type": "tmpfs", "device": "tmpfs", "o": "size=1m,uid=5"}, True),
        ({"size": "10G", "type": "none", "o": "bind", "device": "/"}, False),
        ({"Size": "10G"}, False),
        ({"type": "tmpfs", "device": "/", "o": "size=1m"}, False),
        ({"type": "tmpfs", "device": "tmpfs", "o": "size=1m,,rbind"}, False),
        ({"o": "bind"}, False),
    ],
)
async def test_options_of_a_volume(options: dict[str, str], allowed: bool) -> None:
    made = await ask("POST /volumes/create", {"Name": "v", "DriverOpts": options})
    config = {"Name": "local", "Options": options}
    mount = {"Type": "volume", "Source": "v", "Target": "/x", "VolumeOptions": {"DriverConfig": config}}
    mounted = await ask("POST /containers/create", {"Image": "x", "HostConfig": {"Mounts": [mount]}})
    assert (made.allowed, mounted.allowed) == (allowed, allowed), (made.message(), mounted.message())


async def test_a_refusal_names_what_would_be_mounted() -> None:
    made = await ask("POST /volumes/create", {"Name": "v", "DriverOpts": {"type": "ext4", "device": "/dev/vda"}})
    assert "volume v mounts the file system on /dev/vda (ext4)" in made.message()


class Mounting(EmptyWorld):
    """A container that was made with a volume before the guard came."""

    def __init__(self, driver: str, options: dict[str, str]) -> None:
        self.found = {"Name": "v", "Driver": driver, "Options": options}

    async def volume(self, name: str) -> Mapping[str, Any] | None:
        return self.found

    async def container(self, reference: str) -> Mapping[str, Any] | None:
        mounted = {"Type": "volume", "Name": "v", "Driver": self.found["Driver"], "Destination": "/x", "RW": True}
        return {**SHOP, "HostConfig": {**SHOP["HostConfig"], "PidMode": ""}, "Mounts": [mounted]}


@pytest.mark.parametrize(
    ("driver", "options", "allowed"),
    [
        ("local", {}, True),
        ("local", {"type": "tmpfs", "device": "tmpfs"}, True),
        ("local", {"type": "ext4", "device": "/dev/vda"}, False),
        ("local", {"type": "overlay", "device": "x", "o": "lowerdir=/etc:/usr"}, False),
        ("local", {"type": "proc", "device": "proc"}, False),
        ("rclone", {}, False),
        ("listed", {"remote": "shop:"}, True),
    ],
)
async def test_commands_in_a_container_that_has_such_a_volume(
    driver: str, options: dict[str, str], allowed: bool
) -> None:
    policy = PolicyInForce(guard=GuardPolicy(volume_drivers=("listed",)))
    world = Mounting(driver, options)
    run = await ask(f"POST /containers/{SHOP['Id']}/exec", {"Cmd": ["id"]}, world=world, policy=policy)
    assert run.allowed is allowed, run.message()
