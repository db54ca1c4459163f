"""`dockworthy facts` of several hosts: one file each, and what is wrong with the others."""

from __future__ import annotations

from pathlib import Path

import pytest

from dockworthy.cli import fleet_facts
from dockworthy.cli.exit_status import ExitStatus
from dockworthy.cli.run import run
from dockworthy.facts import fleet
from dockworthy.facts.fleet import HostReading
from dockworthy.facts.saved import load
from dockworthy.model.host import Host
from dockworthy.model.snapshot import EngineFacts, Snapshot, ToolVersion

SHOP = Snapshot(taken="2026-11-24T12:00:00Z", tool=ToolVersion("dockworthy", "0"), host=Host(), engine=EngineFacts())


@pytest.fixture
def readings(monkeypatch: pytest.MonkeyPatch) -> None:
    async def read(endpoints: list[str], **_: object) -> list[HostReading]:
        return [
            HostReading(endpoint, SHOP) if "shop" in endpoint else HostReading(endpoint, None, "it is down", "ping it")
            for endpoint in endpoints
        ]

    monkeypatch.setattr(fleet, "read_fleet", read)


def test_a_file_for_each_that_answers(readings: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "facts"
    hosts = ["--host", "ssh://root@shop", "--host", "ssh://root@shop2:2222", "--host", "ssh://db"]
    assert run(["facts", *hosts, "-o", str(folder)]) == ExitStatus.HOST
    assert sorted(file.name for file in folder.iterdir()) == ["shop.json", "shop2-2222.json"]
    assert load(folder / "shop.json") == SHOP
    assert folder.stat().st_mode & 0o077 == 0
    assert capsys.readouterr().err == "dockworthy: it is down\nhint: ping it\n"


def test_all_answer(readings: None, tmp_path: Path) -> None:
    hosts = ["--host", "ssh://root@shop", "--host", "ssh://anna@shop"]
    assert run(["facts", *hosts, "-o", str(tmp_path)]) == 0
    assert sorted(file.name for file in tmp_path.iterdir()) == ["shop.2.json", "shop.json"]


def test_several_documents_need_a_folder(readings: None, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["facts", "--host", "ssh://shop", "--host", "ssh://shop2"]) == 2
    assert "-o FOLDER" in capsys.readouterr().err


def test_names_stay_in_the_folder() -> None:
    names = fleet_facts.file_names(
        ["ssh://shop/run/docker.sock", "unix:///var/run/docker.sock", "ssh://..", "ssh://a/../b"]
    )
    assert names == ["shop-run-docker.sock.json", "var-run-docker.sock.json", "host.json", "a-..-b.json"]


@pytest.mark.parametrize("arguments", [["--sudo"], ["--host", "ssh://shop", "--root", "/etc"]])
def test_what_means_nothing_is_an_error(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    for command in ("facts", "assess"):
        assert run([command, *arguments]) == 2
    assert "--sudo is for" in (said := capsys.readouterr().err) or "--root is for" in said
