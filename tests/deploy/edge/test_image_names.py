"""The edge's image is the one that was made, whoever has its name meanwhile."""

from __future__ import annotations

import shutil
from typing import Any

import pytest

from deploy.edge.conftest import EdgeHere
from dockworthy.deploy.edge import image as images
from dockworthy.deploy.edge.image import _is_made, made_image
from dockworthy.deploy.edge.running import EdgeRunner
from dockworthy.engine.docker_command import Docker
from dockworthy.engine.site import Site

LAYER, SETTINGS = "a" * 64, "b" * 64
_CONFIG = {
    "User": "99:99",
    "Entrypoint": ["/usr/sbin/haproxy"],
    "Env": ["PATH=/usr/sbin:/bin"],
    "StopSignal": "SIGUSR1",
}


@pytest.mark.engine
@pytest.mark.skipif(shutil.which("haproxy") is None, reason="haproxy is not installed")
def test_who_takes_the_name_as_soon_as_it_is_loaded_is_not_run(here: EdgeHere, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who may tag images could have any image run with the keys and the requests of all projects."""
    loaded, taken = images._loaded, []

    async def loaded_and_taken(site: Site, docker: Docker, archive: str) -> None:
        await loaded(site, docker, archive)
        (name,) = here.engine.docker("images", "--format", "{{.Repository}}:{{.Tag}}", "dockworthy-edge").stdout.split()
        taken.append(name.decode())
        here.engine.docker("tag", here.image, taken[0])

    async def made(edge: EdgeRunner, site: Site) -> str:
        docker = Docker(site.docker_host, {})
        return await made_image(site, docker, "haproxy", "dockworthy-edge", user=99, stop="SIGUSR1")

    monkeypatch.setattr(images, "_loaded", loaded_and_taken)
    runs = here.do(made)
    assert here.engine.inspect(taken[0])["Id"] != runs
    assert here.engine.inspect(runs)["Config"]["Entrypoint"] == ["/usr/sbin/haproxy"]
    here.engine.docker("rmi", taken[0])


@pytest.mark.parametrize(
    ("config", "layers", "is_made"),
    [
        ({}, [LAYER], True),
        ({"WorkingDir": "", "Cmd": None, "Volumes": {}}, [LAYER], True),
        ({}, ["c" * 64], False),
        ({}, [LAYER, "c" * 64], False),
        ({"Entrypoint": ["/bin/bash", "-c", "x"]}, [LAYER], False),
        ({"Cmd": ["-x"]}, [LAYER], False),
        ({"User": "0:0"}, [LAYER], False),
        ({"Env": ["PATH=/usr/sbin:/bin", "LD_PRELOAD=/x"]}, [LAYER], False),
        ({"Healthcheck": {"Test": ["CMD", "x"]}}, [LAYER], False),
    ],
)
def test_in_containerds_store_it_is_known_by_what_it_holds(
    config: dict[str, Any], layers: list[str], is_made: bool
) -> None:
    found = {
        "Id": f"sha256:{'d' * 64}",
        "Config": {**_CONFIG, **config},
        "RootFS": {"Layers": [f"sha256:{each}" for each in layers]},
    }
    assert _is_made(found, LAYER, SETTINGS, program="haproxy", user=99) is is_made
    assert _is_made({**found, "Id": f"sha256:{SETTINGS}"}, LAYER, SETTINGS, program="haproxy", user=99)
