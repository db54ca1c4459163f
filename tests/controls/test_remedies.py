"""Remedies of host and engine as printed: their settings exist, their commands parse, what they need is named."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import pytest

import examples
import tight
from dockworthy.controls.engine._settings import RELOADED
from dockworthy.controls.judging import judge_machine
from dockworthy.controls.registry import all_controls
from dockworthy.model.dialect import Version
from dockworthy.model.field import Set, Source
from dockworthy.model.finding import Finding, Judgement, Outcome
from dockworthy.model.levels import Level
from dockworthy.model.snapshot import Snapshot
from dockworthy.readers.daemon import KNOWN_SETTINGS, refused_settings
from dockworthy.readers.daemon_written import WrittenDaemon
from dockworthy.readers.machine import read_machine
from patience import patience

ASKED = [control for id, control in all_controls().items() if id.startswith(("engine/", "host/"))]
_SPAN = re.compile(r"`([^`]+)`")
_BRINGS = {"ufw": "ufw", "augenrules": "auditd", "auditctl": "auditd", "dpkg-reconfigure": ""}
"""A program that no Debian has by itself -> the package to install before (`""`: what is installed brings it)."""
_OF_DEBIAN = frozenset(
    "apt-get apt-mark systemctl docker sshd sysctl echo chown chmod rm gpasswd usermod passwd vipw grep visudo cp fsck "
    "truncate update-grub dockerd mdadm edac-util ras-mc-ctl ssh-keygen sudo dmesg dnf top userdel dockworthy".split()
)


class Printed(NamedTuple):
    """What a reader gets: the control, the words, and the command below them."""

    control: str
    says: str
    command: str


def printed(folder: Path) -> Iterator[Printed]:
    """Each control's own remedy, and those of what its bad examples are judged."""
    for control in ASKED:
        yield Printed(control.id, control.remedy.says, control.remedy.command)
        for number, (syntax, example) in enumerate(examples.each(control.bad)):
            place = folder / control.id.replace("/", "-") / str(number)
            place.mkdir(parents=True)
            for judgement in examples.judgements(control, syntax, example, place):
                if judgement.outcome is Outcome.FAIL:
                    yield _as_printed(control.id, control.remedy.says, control.remedy.command, judgement)


def _as_printed(id: str, says: str, command: str, judgement: Judgement) -> Printed:
    return Printed(id, judgement.remedy or says, judgement.command or command)


def settings_in(says: str) -> dict[str, Any]:
    """The settings of daemon.json that the words tell to write."""
    found: dict[str, Any] = {}
    for span in _SPAN.findall(says):
        if span.startswith('"'):
            found |= json.loads(f"{{{span}}}")
    return found


def commands_in(remedy: Printed) -> Iterator[str]:
    """The command, what stands in the words as one, and words that are one."""
    if remedy.command:
        yield remedy.command
    for span in _SPAN.findall(remedy.says):
        if " " in span and span.split()[0] in _OF_DEBIAN | set(_BRINGS):
            yield span
    if "`" not in remedy.says and remedy.says.split()[0] in _OF_DEBIAN:
        yield remedy.says


def programs_in(command: str) -> Iterator[str]:
    words = shlex.shlex(command, posix=True, punctuation_chars=True)
    words.whitespace_split = True
    begins = True
    for word in words:
        if begins:
            yield word
        begins = word in ("&&", "||", ";", "|")


def test_settings_that_a_remedy_writes_are_ones_that_the_engine_takes() -> None:
    every: dict[str, Any] = {}
    for control in ASKED:
        assert control.remedy is not None
        every |= settings_in(control.remedy.says)
    assert len(every) > 15, "the settings are found"
    assert set(every) <= KNOWN_SETTINGS
    place = Source("/etc/docker/daemon.json")
    written = WrittenDaemon(Set({}, place), Set(every, place), Version(26, 1), 2)
    assert refused_settings(written, in_swarm=False) == {}


def test_a_reload_is_told_only_where_it_is_enough(tmp_path: Path) -> None:
    """The engine reloads some settings only, and of those what stands in the file: nothing that was removed."""
    for remedy in printed(tmp_path):
        if remedy.command != "systemctl reload docker":
            continue
        assert not re.search(r"[Rr]emove `", remedy.says), f"{remedy.control}: what is removed is not reloaded"
        named = {span.split(":")[0].strip('"') for span in _SPAN.findall(remedy.says)} & KNOWN_SETTINGS
        assert named <= RELOADED, remedy.control


def test_commands_parse_and_their_programs_are_there_or_installed_before(tmp_path: Path) -> None:
    seen = 0
    for remedy in printed(tmp_path):
        for command in commands_in(remedy):
            seen += 1
            plain = re.sub(r"\b[A-Z]{3,}\b", "x", command)
            done = subprocess.run(["sh", "-n", "-c", plain], capture_output=True, text=True, timeout=patience(20))
            assert done.returncode == 0, f"{remedy.control}: {command}: {done.stderr}"
            for program in programs_in(command):
                assert program in _OF_DEBIAN | set(_BRINGS), f"{remedy.control}: {program}"
                loaded = remedy.says.startswith("echo '-w ")  # auditd is there: one of its rules is missing
                needs = "" if loaded else _BRINGS.get(program, "")
                said = f"{remedy.says} {command}"
                assert not needs or f"install {needs}" in said or f"Install {needs}" in said, (
                    f"{remedy.control}: {program} is of {needs}, which nobody was told to install"
                )
    assert seen > 40


@pytest.mark.skipif(shutil.which("docker") is None, reason="no docker on this machine")
def test_subcommands_and_options_of_docker_exist(tmp_path: Path) -> None:
    asked = {c for remedy in printed(tmp_path) for c in commands_in(remedy) if c.startswith("docker ")}
    assert asked
    for command in sorted(asked):
        words = [word for word in command.split()[1:] if not word.startswith("-")]
        done = subprocess.run(
            ["docker", *words, "--help"], capture_output=True, text=True, timeout=patience(30), check=False
        )
        assert done.returncode == 0, command
        for option in (word for word in command.split() if re.fullmatch(r"--?[a-z][a-z-]*", word)):
            assert re.search(rf"(^|[\s,]){re.escape(option)}\b", done.stdout), f"{command}: {option}"


def _remedy_of(control: str, *, host: dict[str, Any] | None = None, engine: dict[str, Any] | None = None) -> Finding:
    """The failing finding of this control on a tight machine with these facts."""
    snapshot = tight.snapshot()
    snapshot["host"] = {**snapshot["host"], **{name: tight.known(value) for name, value in (host or {}).items()}}
    snapshot["engine"] = {**snapshot["engine"], **{name: tight.known(value) for name, value in (engine or {}).items()}}
    machine = read_machine(msgspec.convert(snapshot, Snapshot, strict=False))
    found = [f for f in judge_machine(machine, Level.PRODUCTION) if f.control == control]
    (failing,) = [finding for finding in found if finding.outcome is Outcome.FAIL]
    return failing


def test_each_socket_has_the_command_of_its_own() -> None:
    path = "/run/containerd/containerd.sock"
    file = {"path": path, "role": "containerd.sock", "kind": "socket", "uid": 0, "gid": 998, "mode": 0o660}
    snapshot = tight.snapshot()
    snapshot["host"] = {**snapshot["host"], "files": {path: tight.known({**file, "group": "docker"})}}
    machine = read_machine(msgspec.convert(snapshot, Snapshot, strict=False))
    (finding,) = [f for f in judge_machine(machine, Level.BASELINE) if f.control == "host/engine-socket"]
    assert finding.remedy is not None
    assert f"`chown root:root {path} && chmod 660 {path}`" in finding.remedy.says


def test_a_setting_that_stands_twice_is_not_left_to_a_check_that_does_not_see_it() -> None:
    daemon = {"pid": 7, "argv": ["/usr/bin/dockerd", "-H", "fd://"], "executable": "/usr/bin/dockerd"}
    hosts = {"hosts": ["unix:///var/run/docker.sock"]}
    finding = _remedy_of("engine/settings-accepted", host={"daemon": daemon, "daemon_json": hosts})
    assert finding.remedy is not None
    assert "systemctl edit docker" in finding.remedy.says and "does not see this" in finding.remedy.says


@pytest.mark.parametrize(
    ("written", "command"),
    [
        ({"live-restore": True, "debug": True}, "systemctl reload docker"),
        ({"log-driver": "journald", "debug": True}, "systemctl restart docker"),
    ],
)
def test_what_is_not_loaded_names_the_command_that_loads_it(written: dict[str, Any], command: str) -> None:
    info = {"Debug": False, "LiveRestoreEnabled": False, "LoggingDriver": "json-file"}
    snapshot = tight.snapshot()
    snapshot["host"]["daemon_json"] = tight.known(written)
    snapshot["engine"]["info"] = tight.known(info)
    machine = read_machine(msgspec.convert(snapshot, Snapshot, strict=False))
    found = [f for f in judge_machine(machine, Level.PRODUCTION) if f.control == "engine/settings-loaded"]
    assert [finding.outcome for finding in found] == [Outcome.FAIL]
    assert found[0].remedy is not None and found[0].remedy.command == command


def test_nobody_is_told_to_lock_themselves_out() -> None:
    """sshd lets nobody in with `AuthenticationMethods publickey,keyboard-interactive` where the latter is off."""
    for control in ASKED:
        says = control.remedy.says if control.remedy is not None else ""
        if "keyboard-interactive" in says:
            assert "`KbdInteractiveAuthentication yes`" in says, control.id
