"""A link that is committed beside the Compose file is part of what it mounts."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from dockworthy.check import check
from dockworthy.model.finding import Outcome
from dockworthy.model.levels import Level


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    folder = tmp_path / "checkout"
    (folder / "deploy").mkdir(parents=True)
    subprocess.run(["git", "init", "-q", str(folder)], check=True)
    for name, target in {
        "root": "/",
        "etc": "/etc",
        "up": "../../../../../../../../etc",
        "again": "etc",
        "deploy/outer": "../etc",
        "data": "deploy",
        "loop": "loop",
    }.items():
        os.symlink(target, folder / name)
    return folder


def host_mounts(folder: Path, mount: str, *, trusted: bool = False, more: str = "") -> Outcome:
    file = folder / "deploy/compose.yaml"
    file.write_text(f"services: {{web: {{image: 'shop:1', volumes: [{mount}]{more}\n")
    result = check([str(file)], level=Level.BASELINE, trusted=trusted)
    (found,) = {each.outcome for each in result.findings if each.control == "workload/host-mounts"}
    return found


@pytest.mark.parametrize("trusted", [False, True])
@pytest.mark.parametrize(
    "mount",
    [
        "'../root:/d'",
        "'../etc:/d'",
        "'../up:/d'",
        "'../again:/d'",
        "'./outer:/d'",
        "'../data/outer/cron.d:/d'",
        "'../root/etc/shadow:/d:ro'",
        "'../root/srv/../etc:/d'",
        "{type: bind, source: ../etc, target: /d}",
    ],
)
def test_where_a_link_leads_is_judged(checkout: Path, mount: str, trusted: bool) -> None:
    assert host_mounts(checkout, mount, trusted=trusted, more="}}") is Outcome.FAIL


def test_by_the_name_of_the_folder_as_well(checkout: Path, tmp_path: Path) -> None:
    """Compose's own reading has whole paths; and the folder may have been reached by a link."""
    os.symlink(checkout, tmp_path / "by-link")
    for folder in (checkout, tmp_path / "by-link"):
        assert host_mounts(folder, f"'{folder}/etc:/d'", more="}}") is Outcome.FAIL


def test_volumes_and_secrets_likewise(checkout: Path) -> None:
    volume = "}}\nvolumes: {v1: {driver_opts: {type: none, o: bind, device: ../etc}}}"
    assert host_mounts(checkout, "'v1:/d'", more=volume) is Outcome.FAIL
    secret = ", secrets: [s]}}\nsecrets: {s: {file: ../etc/shadow}}"
    assert host_mounts(checkout, "", more=secret) is Outcome.FAIL


@pytest.mark.parametrize("mount", ["'../data:/d'", "'../loop:/d'", "'./missing:/d'", "'/srv/shop:/d'"])
def test_what_stays_in_the_checkout_is_no_fault(checkout: Path, mount: str) -> None:
    assert host_mounts(checkout, mount, more="}}") is not Outcome.FAIL


def test_nothing_outside_is_looked_at(checkout: Path, tmp_path: Path) -> None:
    """A link of the machine that judges is its own matter: it is told by its name."""
    os.symlink("/etc", tmp_path / "elsewhere")
    os.symlink(tmp_path / "elsewhere", checkout / "out")
    assert host_mounts(checkout, "'../out:/d'", more="}}") is not Outcome.FAIL
