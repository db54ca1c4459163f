"""Where the engine keeps images in containerd's store, each has a digest, also one that no registry ever saw."""

from __future__ import annotations

import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from dockworthy.guard.engine_world import EngineWorld
from dockworthy.guard.rights.affected_objects import image_found
from dockworthy.guard.rights.people_world import PeopleWorld
from guard.sockets import Reached
from guard.test_device_nodes import archive
from machines.images import BUSYBOX
from machines.own_host import OwnHost, start_host
from machines.registry import a_registry, why_no_registry

pytestmark = pytest.mark.engine
LABEL = "com.docker.compose.project"


@pytest.fixture(scope="module")
def host(engines_folder: Path) -> Iterator[OwnHost]:
    host = start_host(engines_folder / "guard-containerd-images")
    try:
        host.start_engine({"features": {"containerd-snapshotter": True}})
        host.load_busybox()
        yield host
    finally:
        host.stop()


def test_what_was_made_here_of_a_project_is_the_projects(host: OwnHost) -> None:
    host.docker("create", "--name", "containerd-bank", "--label", f"{LABEL}=bank", BUSYBOX, "true")
    host.docker("commit", "containerd-bank", "committed")
    host.docker("tag", "committed", "registry.example.com/bank/web")
    engine = Reached(host, "/var/run/docker.sock")
    for name, project in (("committed", "bank"), (BUSYBOX, "")):
        found = engine.ask("GET", f"/images/{name}/json").json
        assert found["RepoDigests"], "else this proves nothing"
        if name == "committed":
            found["RepoDigests"] = [each for each in found["RepoDigests"] if each.startswith("committed@")]
        image = image_found(name, found, found["Config"])
        assert image.is_local and image.project == project, found
    listed = {each["Id"]: each for each in engine.ask("GET", "/images/json").json}
    found = engine.ask("GET", "/images/registry.example.com/bank/web/json").json
    found["RepoDigests"] = [each for each in found["RepoDigests"] if "registry.example.com" in each]
    assert not image_found("web", found, found["Config"]).is_local, "a name of a registry's is believed"
    assert listed[found["Id"]]["Labels"] == {LABEL: "bank"}


async def test_device_nodes_are_found_where_layers_lie_in_no_folders(host: OwnHost) -> None:
    """By what a container holds, before it starts."""
    bad = archive(("disk", tarfile.BLKTYPE, 7, 0))
    host.run("docker", "import", "--change", "ENV PATH=/bin", "-", "containerd-nodes:1", input=bad)
    host.docker("create", "--name", "containerd-bad", "containerd-nodes:1", "true")
    host.docker("create", "--name", "containerd-good", BUSYBOX, "true")
    world = EngineWorld(f"unix:///proc/{host.inside[1].partition('=')[2]}/root/run/docker.sock")
    try:
        for name, node in (("containerd-bad", "/disk (block device 7:0)"), ("containerd-good", "")):
            found = await world.container(name)
            assert found is not None and not (found["GraphDriver"]["Data"] or {}), "else this proves nothing"
            assert await world.device_node(found) == node
            assert await world.device_node(found) == node
        image = await world.image("containerd-nodes:1")
        assert image is not None and await world.device_node(image) == "", "that is told when it starts"
    finally:
        await world.close()
        host.docker("rm", "containerd-bad", "containerd-good")


@pytest.mark.skipif(bool(why_no_registry()), reason=why_no_registry())
@pytest.mark.parametrize("password", [False, True])
async def test_the_registry_alone_tells_what_is_its_own(host: OwnHost, tmp_path: Path, password: bool) -> None:
    """What was pushed there, and what was only called so; asked without a login, one with a password tells of none."""
    process = host.inside[1].partition("=")[2]
    world = PeopleWorld(f"unix:///proc/{process}/root/run/docker.sock")
    host.docker("create", "--name", "containerd-other", BUSYBOX, "true")
    with a_registry(tmp_path / "registry", inside=host.inside, password=password) as registry:
        pushed, tagged = f"{registry.name}/shop:1", f"{registry.name}/shop:2"
        try:
            host.docker("tag", BUSYBOX, pushed)
            host.run("docker", "--config", str(registry.logins), "push", pushed)
            host.docker("commit", "containerd-other", tagged)
            told = {}
            for name in (pushed, tagged):
                found = await world.found("image", name)
                assert found is not None
                assert f"{registry.name}/shop@{found['Id']}" in found["RepoDigests"], "else this proves nothing"
                told[name] = await world.is_at_registry(f"{registry.name}/shop@{found['Id']}")
            assert told == {pushed: not password, tagged: False}
        finally:
            host.docker("rm", "-f", "containerd-other")
            host.docker("rmi", pushed, tagged, check=False)
            await world.close()
