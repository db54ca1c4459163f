"""Options of volumes that mount nothing of the host, and ones that only look so; without an engine."""

from __future__ import annotations

import pytest

from guard.test_judging import ask


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
