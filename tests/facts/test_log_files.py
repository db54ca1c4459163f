"""How large containers' logs are: measured where the driver keeps files, and not known where they can't be seen."""

from __future__ import annotations

import asyncio
import json
import os
import re
import shlex
import subprocess
from pathlib import Path
from typing import Any

import pytest

from conftest import MakeContainer, Run
from dockworthy.facts.containers import read_log_files
from dockworthy.facts.host.root import Root
from dockworthy.facts.host_files import LocalFiles
from dockworthy.model.field import Field, Set, Unknown, Unset
from dockworthy.model.workload import LogFiles
from machines.engines import OwnEngine
from patience import patience, wait_until

ID = "4f" * 32
FOLDER = f"/var/lib/docker/containers/{ID}"
PATH = f"{FOLDER}/{ID}-json.log"


def inspect(driver: str = "json-file", path: str = PATH, **options: str) -> dict[str, Any]:
    return {"LogPath": path, "HostConfig": {"LogConfig": {"Type": driver, "Config": options}}}


def log_of(root: Path | None, said: dict[str, Any]) -> Field[LogFiles]:
    files = None if root is None else LocalFiles(root)
    return asyncio.run(read_log_files({ID: said}, files))[ID]


def write(root: Path, size: int, path: str = PATH) -> None:
    place = root / path.lstrip("/")
    place.parent.mkdir(parents=True, exist_ok=True)
    with place.open("wb") as file:
        file.truncate(size)


def test_the_size_is_that_of_the_file_and_nothing_is_read_of_it(tmp_path: Path) -> None:
    write(tmp_path, 3 << 30)
    found = log_of(tmp_path, inspect())
    assert isinstance(found, Set)
    assert found.value == LogFiles(PATH, 3 << 30)
    assert str(found.source) == PATH


def test_rotated_files_count_and_other_files_do_not(tmp_path: Path) -> None:
    for name, size in ((PATH, 5), (f"{PATH}.1", 20), (f"{PATH}.2.gz", 300), (f"{FOLDER}/hostconfig.json", 4000)):
        write(tmp_path, size, name)
    found = log_of(tmp_path, inspect(**{"max-size": "10m", "max-file": "3"}))
    assert isinstance(found, Set)
    assert found.value.size == 325


@pytest.mark.parametrize("said", [inspect("local", ""), inspect("journald", ""), inspect(path=""), {}])
def test_another_driver_and_a_container_that_never_ran_have_no_file(tmp_path: Path, said: dict[str, Any]) -> None:
    assert isinstance(log_of(tmp_path, said), Unset)


def test_what_can_not_be_seen_is_unknown_and_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(self: Root, path: str, *, follow: bool = True) -> None:
        raise PermissionError(13, "Permission denied", path)

    absent = log_of(tmp_path, inspect())
    elsewhere = log_of(None, inspect())
    foreign = log_of(tmp_path, inspect(path="/etc/shadow"))
    monkeypatch.setattr(Root, "stat", refused)
    forbidden = log_of(tmp_path, inspect())
    reasons = {"absent": absent, "elsewhere": elsewhere, "foreign": foreign, "forbidden": forbidden}
    for field in reasons.values():
        assert isinstance(field, Unknown)
    assert isinstance(forbidden, Unknown) and "permission denied" in forbidden.reason and "sudo" in forbidden.tell
    assert isinstance(elsewhere, Unknown) and "host that runs the engine" in elsewhere.tell
    assert isinstance(foreign, Unknown) and "not the container's own" in foreign.reason


@pytest.mark.engine
def test_a_large_log_of_a_real_container_is_found_and_the_remedy_as_printed_empties_it(
    own_engine: OwnEngine, container: MakeContainer, run_at_engine: Run
) -> None:
    endless = ("sh", "-c", "while true; do echo line; sleep 0.2; done")
    name = container("--log-driver", "json-file", command=endless)
    path = str(own_engine.inspect(name)["LogPath"])

    def judged() -> dict[str, Any]:
        told = json.loads(run_at_engine("assess", "--format", "json", "--no-probe").stdout)["findings"]
        control, subject = "machine/container-logs", f"container/{name}"
        (finding,) = [each for each in told if each["control"] == control and each["subject"] == subject]
        return dict(finding)

    assert judged()["outcome"] == "pass"
    os.truncate(path, 2 << 30)
    finding = judged()
    assert finding["outcome"] == "fail"
    assert path in finding["evidence"]["says"] and "2.1 GB" in finding["evidence"]["says"]
    assert finding["evidence"]["source"] == path
    command = re.search(r"`sudo (truncate -s 0 [^`]+)`", finding["remedy"]["says"])
    assert command is not None, finding["remedy"]
    subprocess.run(shlex.split(command[1]), check=True, timeout=patience(20))
    assert judged()["outcome"] == "pass"
    wait_until(lambda: Path(path).stat().st_size > 0, "the container goes on and is still logged")
    own_engine.docker("restart", "-t", "0", name)  # as the remedy says: until then `--tail` shows nothing
    wait_until(lambda: b"line" in own_engine.docker("logs", "--tail", "1", name).stdout, "its log can be read")
