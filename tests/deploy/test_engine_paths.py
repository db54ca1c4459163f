"""The gate of a deploy knows where the host's engine listens, by whatever name."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from deploy.composed import composed
from dockworthy.check import check
from dockworthy.deploy import engine_paths as module
from dockworthy.deploy.engine_paths import engine_paths
from dockworthy.engine.host_shell import shell_here
from dockworthy.engine.site import Site
from dockworthy.model.finding import Outcome
from dockworthy.model.levels import Level
from dockworthy.model.workload import EnginePaths


class Engine:
    async def get(self, path: str) -> dict[str, Any]:
        assert path == "/info"
        return {"DockerRootDir": "/srv/docker"}


def found(mounts: list[dict[str, Any]], socket: str = "", files: tuple[str, ...] = (), **service: Any) -> EnginePaths:
    async def inner() -> EnginePaths:
        async with shell_here(command="deploy") as shell:
            engine: Any = Engine()
            site = Site("this host", shell, engine, "unix:///none", "/nowhere", socket=socket)
            spec = composed(name="blog", services={"web": {"image": "i", "volumes": mounts, **service}})
            return await engine_paths(site, spec, files)

    return asyncio.run(inner())


BIND = [{"type": "bind", "source": "/srv", "target": "/x"}]


@pytest.fixture
def guards(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Processes that are called as guards are: the one that answers the engine, another one, and one of root's that
    keeps its state elsewhere."""
    waits = "import sys; sys.stdin.read()"
    started = [
        subprocess.Popen([sys.executable, "-c", waits, "guard", "serve", *words], stdin=subprocess.PIPE)
        for words in (
            ("--docker", "unix:///run/dockworthy-engine/docker.sock", "--people", "/run/people.sock"),
            ("--docker=unix:///run/other.sock", "--people=/run/more.sock"),
            ("--docker=unix:///run/far.sock", "--people=/run/farther.sock"),
        )
    ]
    serving, folder = tmp_path / "serving", tmp_path / "each"
    serving.write_text(f"{started[0].pid} /opt/dockworthy")
    folder.mkdir()
    (folder / "a.json").write_text(json.dumps({"pid": started[1].pid, "started": 5, "people": "/run/more.sock"}))
    (folder / "b.json").write_text('{"pid": "; reboot"}')
    everywhere = tmp_path / "everywhere"
    everywhere.mkdir()
    (everywhere / "c.json").write_text(json.dumps({"pid": started[2].pid}))
    monkeypatch.setattr(module, "GUARDS_SERVING", str(everywhere))
    monkeypatch.setattr(module, "GUARD_SERVING", str(serving))
    monkeypatch.setattr(module, "GUARD_STATE_SERVING", str(folder))
    yield
    for process in started:
        process.communicate()


@pytest.mark.usefixtures("guards")
def test_sockets_of_all_guards_and_the_data_of_the_engine_are_found() -> None:
    paths = found(BIND, "/run/mine.sock")
    assert paths.data_root == "/srv/docker"
    assert set(paths.sockets) == {
        *("/run/docker.sock", "/run/mine.sock", "/run/people.sock", "/run/more.sock"),
        *("/run/other.sock", "/run/dockworthy-engine/docker.sock", "/run/far.sock", "/run/farther.sock"),
    }


def test_where_no_guard_serves_the_usual_ones_count(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "GUARD_SERVING", "/nowhere/at/all")
    monkeypatch.setattr(module, "GUARD_STATE_SERVING", "/nowhere/either")
    assert found(BIND, "/run/docker.sock").sockets == ("/run/docker.sock",)


def test_an_engine_is_not_asked_for_a_project_that_mounts_nothing() -> None:
    assert found([{"type": "volume", "source": "d", "target": "/x"}], "/run/mine.sock") == EnginePaths()


@pytest.mark.parametrize(
    "service",
    [
        {"build": {"context": "/srv/docker/volumes"}},
        {"logging": {"driver": "fluentd", "options": {"fluentd-address": "unix:///run/mine.sock"}}},
    ],
)
def test_an_engine_is_asked_for_builds_and_the_sockets_of_logs(service: dict[str, Any]) -> None:
    assert found([], "/run/mine.sock", **service).data_root == "/srv/docker"


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        (b"services: {web: {image: i, environment: {A: b}, labels: {a: b}}}", False),
        (b"services: {web: {image: i, env_file: /srv/docker/volumes/a/_data/env}}", True),
        (b"services: {web: {image: i, label_file: /srv/docker/volumes/a/_data/labels}}", True),
        (b"include: [more.yaml]", True),
        (b"services: {web: {extends: {file: more.yaml, service: web}}}", True),
        (b'services: {web: {image: i, "env\\x5ffile": /srv/docker/volumes/a/_data/env}}', True),
        ("services: {web: {image: i, env_file: /srv/docker/volumes/a/_data/env}}".encode("utf-16"), True),
    ],
)
def test_an_engine_is_asked_where_a_file_may_name_files_of_variables(tmp_path: Path, text: bytes, asked: bool) -> None:
    """Compose renders their content into the service: the rendered project does not name them."""
    file = tmp_path / "compose.yaml"
    file.write_bytes(text)
    assert (found([], "/run/mine.sock", (str(file),)) != EnginePaths()) is asked


def test_the_gate_judges_mounts_by_them(tmp_path: Path) -> None:
    file = tmp_path / "compose.yaml"
    for path in ("/run/people.sock", "/srv/docker", "/srv/docker/volumes"):
        file.write_text(f"services: {{web: {{image: shop, volumes: ['{path}:/x']}}}}")
        paths = EnginePaths("/srv/docker", ("/run/docker.sock", "/run/people.sock"))
        failing = {
            finding.control
            for finding in check([str(file)], level=Level.BASELINE, engine_paths=paths).findings
            if finding.outcome is Outcome.FAIL
        }
        assert failing & {"workload/engine-socket", "workload/host-mounts"}, path
