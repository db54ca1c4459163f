"""No project mounts what dockworthy keeps on the host, by any name that the host has for it."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from deploy.composed import composed
from deploy.shops import Shop
from dockworthy.deploy.own_state import HostPath, host_paths, refuse_own_file, refuse_own_state
from dockworthy.deploy.secret_versions import contents
from dockworthy.engine.host_shell import shell_here
from dockworthy.engine.site import Site
from dockworthy.errors import Refused
from dockworthy.model.own_places import TO_READ, TO_WRITE
from dockworthy.model.rollout import Desired
from patience import patience

pytestmark = pytest.mark.slow


def desired(mounts: list[dict[str, Any]], **parts: Any) -> Desired:
    spec = composed(name="blog", services={"web": {"image": "i", "volumes": mounts}}, **parts)
    return Desired(project="blog", spec=spec, services={})


def bind(path: str) -> Desired:
    return desired([{"type": "bind", "source": path, "target": "/x", "read_only": True}])


def refuse(state: Path, wanted: Desired, volumes: Any = ()) -> None:
    async def inner() -> None:
        async with shell_here(command="deploy") as shell:
            engine: Any = None
            site = Site("this host", shell, engine, "unix:///none", str(state), socket="")
            await refuse_own_state(site, wanted, volumes)

    asyncio.run(inner())


@pytest.fixture
def state(tmp_path: Path) -> Path:
    folder = tmp_path / "lib" / "state"
    (folder / "edge" / "run").mkdir(parents=True)
    (folder / "edge" / "run" / "admin.sock").touch()
    return folder


def test_a_state_whose_name_has_blanks_is_refused_too(tmp_path: Path) -> None:
    state = tmp_path / "var lib" / "the * state"
    (state / "edge").mkdir(parents=True)
    (tmp_path / "link to it").symlink_to(state)
    for path in (state, state / "edge", tmp_path / "var lib", tmp_path / "link to it" / "edge"):
        with pytest.raises(Refused, match="is dockworthy's own"):
            refuse(state, bind(str(path)))
    refuse(state, bind(str(tmp_path / "var")))
    (tmp_path / "lib").mkdir()
    refuse(state, bind(str(tmp_path / "lib")))


@pytest.fixture
def alias(tmp_path: Path) -> Iterator[Path]:
    """The folder above the state under a second name, as a bind mount gives it."""
    if os.geteuid():
        pytest.skip("only root mounts")
    there = tmp_path / "alias"
    there.mkdir()
    assert os.system(f"mount --bind {tmp_path / 'lib'} {there}") == 0
    yield there
    assert os.system(f"umount {there}") == 0


@pytest.mark.parametrize(
    "path",
    ["", "/", "/edge", "/edge/run", "/edge/run/admin.sock", "/edge/../edge/run", "//edge//run/.", "/not/there", "/.."],
)
def test_a_mount_of_the_state_or_of_a_folder_above_it_is_refused(state: Path, path: str) -> None:
    with pytest.raises(Refused, match="is dockworthy's own") as refused:
        refuse(state, bind(f"{state}{path}"))
    assert refused.value.exit_status == 1 and "web: volumes mounts" in refused.value.says


@pytest.mark.parametrize(
    "path", ["/", "/var", "/var/lib/dockworthy", "/var/lib/dockworthy/versions.key", "/etc/dockworthy/policy.yaml",
             "/opt/dockworthy", "/proc/PID/root", "/proc/self/root/var/lib"],
)  # fmt: skip
def test_the_usual_places_are_kept_also_where_the_state_is_elsewhere(state: Path, path: str) -> None:
    with pytest.raises(Refused, match="is dockworthy's own"):
        refuse(state, bind(path.replace("PID", str(os.getpid()))))


@pytest.mark.parametrize("path", [*TO_READ, *TO_WRITE, "/run/dockworthy-engine/docker.sock", "/opt/dockworthy/current"])
def test_every_place_of_dockworthys_own_is_refused_wherever_it_lies(state: Path, path: str) -> None:
    for spelt in (path, path.replace("/run/", "/var/run/"), f"/proc/self/root{path}", f"/srv/..{path}"):
        with pytest.raises(Refused, match="is dockworthy's own"):
            refuse(state, bind(spelt))
    with pytest.raises(Refused, match="is dockworthy's own"):
        refuse_own_file("secrets.s", path, str(state))


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has a /run of its own")
def test_what_holds_a_place_in_run_is_refused_where_the_guard_is(state: Path, tmp_path: Path) -> None:
    script = tmp_path / "ask.py"
    script.write_text(ASK)
    run = (
        f"mount -t tmpfs none /run && mkdir -p /run/docker/plugins /run/shop && exec {sys.executable} {script} {state}"
    )
    here = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(
        ["unshare", "-m", "sh", "-c", run], env=here, capture_output=True, text=True, timeout=patience(60)
    )
    assert done.stdout.split() == [
        *("without", "/run:-", "/run/docker:-", "/run/docker/plugins:-", "/run/shop:-"),
        *("with", "/run:own", "/run/docker:own", "/run/docker/plugins:own", "/run/shop:-"),
        *("linked", "/run/shop:own"),
    ], done.stderr


ASK = """
import os, sys
from pathlib import Path
from deploy.test_own_state import bind, refuse
from dockworthy.errors import Refused

state = Path(sys.argv[1])

def ask(*paths):
    for path in paths:
        try:
            refuse(state, bind(path))
            print(f"{path}:-")
        except Refused:
            print(f"{path}:own")

paths = ("/run", "/run/docker", "/run/docker/plugins", "/run/shop")
print("without")
ask(*paths)
Path("/run/docker/plugins/dockworthy.sock").touch()
print("with")
ask(*paths)
Path("/run/dockworthy-guard.key").touch()
os.rmdir("/run/shop")
os.link("/run/dockworthy-guard.key", "/run/shop")
print("linked")
ask("/run/shop")
"""


def test_links_and_second_names_lead_to_the_same(state: Path, tmp_path: Path, alias: Path) -> None:
    (tmp_path / "link").symlink_to(state / "edge")
    (tmp_path / "up").symlink_to(state.parent)
    for path in (tmp_path / "link", tmp_path / "link" / "run", tmp_path / "up", alias, alias / "state" / "edge"):
        with pytest.raises(Refused, match="is dockworthy's own"):
            refuse(state, bind(str(path)))


@pytest.mark.parametrize(
    "options",
    [
        {"type": "none", "o": "bind", "device": "STATE/edge/run"},
        {"type": "overlay", "device": "overlay", "o": "lowerdir=/srv:STATE,upperdir=/srv/u,workdir=/srv/w"},
        {"mountpoint": "STATE"},
        {"type": "tmpfs", "o": "bind", "device": "STATE"},
        {"type": "nfs", "o": "rbind", "device": "STATE"},
    ],
)
def test_a_volume_that_shows_it_is_refused_also_one_that_is_there_already(state: Path, options: dict[str, str]) -> None:
    options = {key: value.replace("STATE", str(state)) for key, value in options.items()}
    mount = [{"type": "volume", "source": "data", "target": "/x"}]
    brought = desired(mount, volumes={"data": {"driver_opts": options}})
    there = desired(mount, volumes={"data": {"name": "theirs", "external": True}})
    with pytest.raises(Refused, match=r"volumes\.data mounts"):
        refuse(state, brought)
    with pytest.raises(Refused, match=r"volumes\.data mounts"):
        refuse(state, there, [{"Name": "theirs", "Options": options}])


def test_a_projects_own_folders_and_remote_volumes_pass(state: Path, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    nfs = {"type": "nfs", "o": "addr=10.0.0.1,rw", "device": ":/var/lib"}
    mounts = [{"type": "bind", "source": source, "target": "/x"}
              for source in (str(tmp_path / "data"), f"{state}2", "/etc/localtime", "/etc", "/opt", "/proc", "/sys",
                             "/var/log", "/srv/none")]  # fmt: skip
    mounts.append({"type": "volume", "source": "data", "target": "/y"})
    refuse(state, desired(mounts, volumes={"data": {"driver_opts": nfs}, "cache": None}))


def test_paths_are_taken_from_every_place_of_the_project() -> None:
    wanted = desired([{"type": "bind", "source": "/a", "target": "/x"}, {"type": "tmpfs", "target": "/t"}],
                     volumes={"d": {"driver_opts": {"o": "lowerdir=/b:/c,upperdir=/d"}}})  # fmt: skip
    found = [*host_paths(wanted, [{"Name": "blog_d", "Options": {"device": "/e", "o": "bind"}}])]
    assert found == [HostPath("web: volumes", "/a"), *(HostPath("volumes.d", f"/{letter}") for letter in "bcde")]


@pytest.mark.parametrize("part", ["secrets", "configs"])
def test_a_secret_or_config_is_no_file_of_dockworthys(state: Path, tmp_path: Path, part: str) -> None:
    (state / "versions.key").write_text("k")
    (tmp_path / "link").symlink_to(state / "versions.key")
    for path in (state / "versions.key", tmp_path / "link"):
        with pytest.raises(Refused, match="is dockworthy's own"):
            [*contents(composed({part: {"x": {"file": str(path)}}}), {"DOCKWORTHY_STATE": str(state)})]
    (tmp_path / "own").write_text("mine")
    (found,) = contents(composed({part: {"x": {"file": str(tmp_path / "own")}}}), {"DOCKWORTHY_STATE": str(state)})
    assert found.content == b"mine"


@pytest.mark.engine
def test_a_deploy_that_mounts_the_state_is_refused_before_anything_runs(shop: Shop) -> None:
    exceptions = [
        {
            "control": "workload/host-mounts",
            "subject": "*",
            "reason": "we want it",
            "owner": "ann",
            "expires": "2099-01-01",
        }
    ]
    settings = {"level": "baseline", "exceptions": exceptions}
    shop.write("dockworthy.yaml", {"policy": settings, "deploy": {"observe": "0s"}})
    (shop.state / "edge" / "run").mkdir(parents=True)
    for volume in (f"{shop.state}/edge/run:/x", f"{shop.state}:/st:ro"):
        shop.compose({"web": shop.service(volumes=[volume])})
        done = shop.dockworthy("deploy", "--yes")
        assert done.returncode == 1, done.stdout + done.stderr
        assert "is dockworthy's own" in " ".join((done.stdout + done.stderr).split())
    assert shop.containers(every=True) == {}
