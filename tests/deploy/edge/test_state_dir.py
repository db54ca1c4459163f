"""Something else in the place of a file that dockworthy keeps on a host: no script reads it for ever."""

from __future__ import annotations

import asyncio
import subprocess
from pathlib import Path

import pytest

from deploy.local_sites import site_of, store_here
from dockworthy.deploy.edge.acme import held
from dockworthy.deploy.edge.haproxy.configuration import ACME, script
from dockworthy.deploy.edge.renewal import Before, Due
from dockworthy.deploy.edge.routes import ProjectRoutes, ServedRoute
from dockworthy.deploy.edge.state_dir import EdgeStateDir
from dockworthy.deploy.targets.standby import StandbyMarks
from dockworthy.engine.host_shell import shell_here
from dockworthy.errors import DockworthyError, HostError
from dockworthy.model.deploy_settings import Edge, Route, Tls
from machines.odd_files import ODD, odd
from patience import patience

PROJECT = ProjectRoutes(
    "shop", Edge(tls=Tls.ACME), (ServedRoute(Route(host="shop.example.org", service="web", port=80)),)
)
NO_FILES = tuple(kind for kind in ODD if kind not in ("folder", "far too large"))


@pytest.mark.parametrize("name", ["compose.json", "image.json", "routes/shop.json"])
@pytest.mark.parametrize("kind", [*NO_FILES, "far too large"])
async def test_the_folder_of_the_edge(tmp_path: Path, kind: str, name: str) -> None:
    (tmp_path / "edge" / "routes").mkdir(parents=True)
    odd(tmp_path / "edge" / name, kind)
    async with shell_here(command="deploy") as shell, asyncio.timeout(patience(20)):
        with pytest.raises(HostError, match=name):
            await EdgeStateDir(site_of(shell, tmp_path)).read()
        (tmp_path / "edge" / name).unlink()
        assert (await EdgeStateDir(site_of(shell, tmp_path)).read()).projects == {}


@pytest.mark.parametrize("kind", ODD)
async def test_certificates_of_an_authority(tmp_path: Path, kind: str) -> None:
    """It counts as none: the next one takes its place."""
    (tmp_path / "edge" / "acme").mkdir(parents=True)
    odd(tmp_path / "edge" / "acme" / "shop.example.org.pem", kind)
    due = Due("shop", "shop.example.org", Tls.ACME, ("shop.example.org",), "")
    async with shell_here(command="deploy") as shell, asyncio.timeout(patience(20)):
        site = site_of(shell, tmp_path)
        assert await held(site, PROJECT) == {}
        if kind in NO_FILES:
            with pytest.raises(HostError, match="can't be kept"):
                await Before(site, [due]).keep()


async def test_a_certificate_is_read_as_it_is(tmp_path: Path) -> None:
    folder = tmp_path / "edge" / "acme"
    folder.mkdir(parents=True)
    made = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj", "/CN=shop"]
    subprocess.run(
        ["openssl", *made, "-keyout", "key.pem", "-out", "chain.pem"], cwd=folder, check=True, capture_output=True
    )
    text = (folder / "chain.pem").read_text() + (folder / "key.pem").read_text()
    (folder / "shop.example.org.pem").write_text(text)
    async with shell_here(command="deploy") as shell:
        found = await held(site_of(shell, tmp_path), PROJECT)
    assert found["shop.example.org"].text == text and not found["shop.example.org"].is_due


@pytest.mark.parametrize("kind", NO_FILES)
async def test_locks_and_notes(tmp_path: Path, kind: str) -> None:
    (tmp_path / "edge").mkdir()
    odd(tmp_path / "edge" / "lock", kind)
    odd(tmp_path / "standby.1", kind)
    async with shell_here(command="deploy") as shell, asyncio.timeout(patience(20)):
        with pytest.raises(HostError, match="can't be written"):
            async with EdgeStateDir(site_of(shell, tmp_path)).locked():
                pass
        assert await StandbyMarks(shell, str(tmp_path), "/nowhere").read() == ()
    async with store_here(tmp_path) as store, asyncio.timeout(patience(20)):
        folder = Path(store.folder)
        folder.mkdir(parents=True)
        odd(folder / "lock.3", kind)
        odd(folder / "last", kind)
        assert await store.next_number() == 1
        with pytest.raises(DockworthyError, match="no regular file"):
            async with store.lock(who="anna", doing="deploy"):
                pass


_HOSTILE = ("link to a file", "link to a folder", "folder")


@pytest.mark.parametrize("name", ["servers", "servers.new", "servers.half", "acme"])
@pytest.mark.parametrize("kind", _HOSTILE)
async def test_whoever_is_in_the_container_leads_root_nowhere(tmp_path: Path, kind: str, name: str) -> None:
    """`run` belongs to the container's user: what lies there may be a link to any file of the host."""
    victim, inner = tmp_path / "victim", tmp_path / "of-root"
    victim.write_text("untouched")
    inner.mkdir(mode=0o700)
    run = tmp_path / "edge" / "run"
    run.mkdir(parents=True)
    hostile = run / name
    if kind == "folder":
        (hostile / "more").mkdir(parents=True)
    else:
        hostile.symlink_to(victim if kind == "link to a file" else inner)
    async with shell_here(command="deploy") as shell, asyncio.timeout(patience(20)):
        keeper = EdgeStateDir(site_of(shell, tmp_path))
        await keeper.add_settings("a" * 16, {"haproxy.cfg": "global\n"})
        await keeper.tell_servers("1\n")
        assert (run / "servers").read_text() == "1\n" and not (run / "servers").is_symlink()
        await keeper.tell_servers("")
        assert not (run / "servers").exists()
    assert victim.read_text() == "untouched"
    assert inner.stat().st_mode & 0o777 == 0o700 and not [*inner.iterdir()]


async def test_the_answers_to_challenges_stay_with_the_settings(tmp_path: Path) -> None:
    """The container reads them, and cannot write beside them; old settings go, they stay."""
    folder = tmp_path / "edge"
    folder.mkdir()
    async with shell_here(command="deploy") as shell, asyncio.timeout(patience(60)):
        keeper = EdgeStateDir(site_of(shell, tmp_path))
        for number in range(8):
            digest = f"{number:016x}"
            await keeper.add_settings(digest, {"haproxy.cfg": "global\n"})
            await keeper.switch(digest)
        await keeper.tidy()
        answers = folder / "settings" / "acme"
        assert answers.stat().st_mode & 0o777 == 0o755
        assert len([*(folder / "settings").iterdir()]) < 8
        await keeper.forget_others()
    assert sorted(each.name for each in (folder / "settings").iterdir()) == [digest, "acme", "current"]
    lua = script(ACME)
    assert "/etc/edge/acme/.well-known/" in lua and "/run/" not in lua
