"""A refusal says what is wrong with the request, and what to do that would pass."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dockworthy.guard.floor.mounts import refused_path
from dockworthy.guard.observing.needs import needs_of
from dockworthy.guard.path_ownership import who_may_swap, who_may_write
from dockworthy.guard.policy_in_force import PolicyInForce
from dockworthy.model.guard_policy import GuardPolicy
from guard.people_host import PEOPLE
from guard.sockets import Reached
from guard.test_judging import ask
from guard.worlds import EmptyWorld
from machines.own_host import OwnHost


async def said(body: dict[str, Any], target: str = "/containers/create", **policy: Any) -> str:
    in_force = PolicyInForce(guard=GuardPolicy(**policy))
    return (await ask(f"POST {target}", {"Image": "x", **body}, policy=in_force)).message()


@pytest.mark.parametrize(
    ("target", "body"),
    [
        ("/containers/create", {"HostConfig": {"Binds": ["/srv/x\0y:/m"]}}),
        ("/containers/create", {"HostConfig": {"Mounts": [{"Type": "bind", "Source": "/srv/\0", "Target": "/m"}]}}),
        ("/containers/create", {"HostConfig": {"Devices": [{"PathOnHost": "/dev/\0"}]}}),
        ("/containers/create", {"HostConfig": {"Tmpfs": {"/m\0": ""}}}),
        ("/containers/create", {"Env": ["A=\0"]}),
        ("/volumes/create", {"Name": "v", "DriverOpts": {"type": "none", "o": "bind", "device": "/srv/\0"}}),
        ("/services/create", {"TaskTemplate": {"ContainerSpec": {"Mounts": [{"Source": "/srv/\0"}]}}}),
        ("/containers/x/exec", {"Cmd": ["a\0"]}),
    ],
)
async def test_a_text_that_ends_before_its_end(target: str, body: dict[str, Any]) -> None:
    answer = await said(body, target, binds=("/srv",))
    assert "guard/canonical" in answer and "NUL" in answer and "guard/error" not in answer, answer


async def test_devices_by_their_kind_have_one_remedy() -> None:
    answer = await said({"HostConfig": {"DeviceRequests": [{"Count": -1, "Capabilities": [["gpu"]]}]}})
    assert answer.startswith("Devices are named") and answer.count("Instead:") == 1
    assert "--device /dev/nvidia0" in answer and "guard.devices" in answer
    named = [{"PathOnHost": "/dev/nvidia0", "PathInContainer": "/dev/nvidia0", "CgroupPermissions": "rwm"}]
    assert await said({"HostConfig": {"Devices": named}}, devices=("/dev/nvidia0",)) == "", "the remedy is one"


async def test_what_root_may_list_is_said() -> None:
    read = await said({"HostConfig": {"Binds": ["/etc/localtime:/etc/localtime:ro"]}})
    assert "root lists /etc/localtime:ro under guard.binds" in read
    for bind in ("/etc/localtime:/etc/localtime", "/etc/docker:/x:ro", "/etc/../x:/x:ro", "/run/docker.sock:/s:ro"):
        assert "under guard.binds" not in await said({"HostConfig": {"Binds": [bind]}}), bind
    listed = await said({"HostConfig": {"Binds": ["/etc/localtime:/x:ro"]}}, binds=("/etc/localtime:ro",))
    assert listed == "", "the remedy is one"


class OnDisk(EmptyWorld):
    def who_may_write(self, path: str) -> str:
        return who_may_write(path)

    def who_may_swap(self, path: str, *, follow: bool) -> str:
        return who_may_swap(path, follow=follow)


@pytest.fixture
def folder() -> Iterator[Path]:
    made = Path(tempfile.mkdtemp(dir="/var/lib", prefix="dockworthy-test-"))
    yield made
    shutil.rmtree(made)


@pytest.mark.skipif(os.geteuid() != 0, reason="folders of root's are made")
def test_a_link_of_roots_that_is_listed_to_be_read(folder: Path) -> None:
    def reasons(path: Path, *binds: str, read_only: bool = True) -> list[str]:
        return [each.says for each in refused_path(str(path), GuardPolicy(binds=binds), OnDisk(), read_only=read_only)]

    (folder / "zone").write_text("UTC")
    link = folder / "localtime"
    link.symlink_to("zone")
    assert reasons(link, f"{link}:ro") == []
    assert reasons(link, f"{folder}:ro") == [f"{link} is a link"], "a container may have made it"
    assert reasons(link, f"{link}:ro", read_only=False)
    assert reasons(link, str(link), read_only=False) == [f"{link} is a link"]
    bind = {"HostConfig": {"Binds": [f"{link}:/x:ro"]}}
    assert needs_of(bind, frozenset({"guard/binds"}), OnDisk()) == {"binds": [f"{link}:ro"]}
    link.unlink()
    link.symlink_to("/etc/docker/key.json")
    assert any("/etc/docker" in each for each in reasons(link, f"{link}:ro")), "nor what is the engine's"
    link.unlink()
    (folder / "theirs").mkdir()
    os.chown(folder / "theirs", 1000, 1000)
    link.symlink_to("theirs/zone")
    assert any("belongs to user 1000" in each for each in reasons(link, f"{link}:ro")), "nor what they can swap"


@pytest.mark.engine
@pytest.mark.parametrize(
    ("body", "name"),
    [
        ({"Image": "BB"}, "invalid reference format"),
        ({"Image": " bb"}, "invalid reference format"),
        ({"Image": "x", "HostConfig": {"Binds": ["{{.Name}}:/x"]}}, "'{{.Name}}' names no volume"),
        ({"Image": "x", "HostConfig": {"NetworkMode": "container: x"}}, "x' names no container"),
    ],
)
def test_a_name_that_is_none(people_host: OwnHost, body: dict[str, Any], name: str) -> None:
    body = {**body, "Labels": {"com.docker.compose.project": "shop"}}
    answer = Reached(people_host, PEOPLE, "dora").ask("POST", "/v1.45/containers/create", body)
    by_engine = "invalid" in name  # which looks an image up before anything is made
    assert answer.status == (400 if by_engine else 403), answer.body
    assert name in answer.json["message"] and by_engine == ("guard/names" not in answer.json["message"]), answer.body
