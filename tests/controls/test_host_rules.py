"""Files, audit rules, logins and hardware of the host: the cases that are easily judged wrong."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import examples
from dockworthy.controls.examples import absent, both, known, not_seen, on_host
from dockworthy.controls.file_modes import FILES, SOCKETS
from dockworthy.controls.registry import all_controls
from dockworthy.facts.host import read_host
from dockworthy.model.field import Unset
from dockworthy.model.finding import Judgement, Outcome

DOCKERD = {"path": "/usr/bin/dockerd", "role": "dockerd", "kind": "file", "uid": 0, "gid": 0, "mode": 0o755}


def judge(control: str, snapshot: dict[str, Any], folder: Path) -> list[Judgement]:
    return examples.judgements(all_controls()[control], "snapshot", snapshot, folder)


def outcome(control: str, snapshot: dict[str, Any], folder: Path) -> Outcome:
    (judgement,) = judge(control, snapshot, folder)
    return judgement.outcome


def files(**changed: Any) -> dict[str, Any]:
    file = {**DOCKERD, **changed}
    return {"host": {"files": {file["path"]: known(file)}}}


def test_every_role_that_is_read_is_judged(tmp_path: Path) -> None:
    """In an empty tree every file is absent, and its source still tells the role."""
    roles = {field.source.path for field in read_host(tmp_path).files.values() if isinstance(field, Unset)}
    assert roles - FILES.keys() == set(SOCKETS)


def test_a_stricter_mode_than_the_benchmarks_passes_and_an_absent_file_is_not_passed(tmp_path: Path) -> None:
    assert outcome("host/engine-files", files(mode=0o500), tmp_path) is Outcome.PASS
    assert outcome("host/engine-files", files(mode=0o775), tmp_path) is Outcome.FAIL
    gone = {"is": "unset", "source": {"where": "/etc/sysconfig/docker", "path": "sysconfig.docker"}}
    snapshot = {"host": {"files": {"/etc/sysconfig/docker": gone}}}
    assert outcome("host/engine-files", snapshot, tmp_path) is Outcome.NOT_APPLICABLE


def test_no_files_read_is_unknown_not_silence(tmp_path: Path) -> None:
    for control in ("host/engine-files", "host/engine-socket"):
        assert outcome(control, {"host": {"files": {}}}, tmp_path) is Outcome.UNKNOWN


def test_the_files_of_a_rootless_engine_belong_to_its_user(tmp_path: Path) -> None:
    path = "/home/ana/.config/docker/daemon.json"
    theirs = files(path=path, role="daemon.json", mode=0o644, uid=1000, gid=1000)
    rootless = on_host(daemon={"pid": 7, "argv": ["dockerd"], "executable": "/usr/bin/dockerd", "uid": 1000})
    assert outcome("host/engine-files", theirs, tmp_path) is Outcome.FAIL
    merged = {"host": {**theirs["host"], **rootless["host"]}}
    assert outcome("host/engine-files", merged, tmp_path) is Outcome.PASS


def test_the_remedy_names_the_file_and_only_takes_rights_away(tmp_path: Path) -> None:
    (judgement,) = judge("host/engine-files", files(mode=0o666, uid=1000), tmp_path)
    assert judgement.remedy == "chown root:root /usr/bin/dockerd && chmod 0644 /usr/bin/dockerd"


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("-w /usr/bin/dockerd -k docker", Outcome.PASS),
        ("-w /usr/bin/ -p wa", Outcome.PASS),
        ("-w / -p wa", Outcome.PASS),
        ("-a always,exit -F arch=b64 -F path=/usr/bin/dockerd -F perm=x", Outcome.PASS),
        ("-a always,exit -F dir=/usr -F perm=wa", Outcome.PASS),
        ("-w /usr/bin/dockerd-old -p wa", Outcome.FAIL),
        ("-w /usr/bin/docker -p wa", Outcome.FAIL),
        ("-a never,exit -F path=/usr/bin/dockerd", Outcome.FAIL),
        ("-w", Outcome.FAIL),
    ],
)
def test_which_rules_watch_a_file(rule: str, expected: Outcome, tmp_path: Path) -> None:
    snapshot = {"host": {**files()["host"], "audit_rules": known([rule])}}
    assert outcome("host/audit-rules", snapshot, tmp_path) is expected


def test_a_watch_on_what_a_link_leads_to_counts(tmp_path: Path) -> None:
    field = {
        "is": "set",
        "value": DOCKERD,
        "source": {"where": "/usr/bin/dockerd", "via": {"where": "/opt/bin/dockerd"}},
    }
    snapshot = {
        "host": {"files": {"/usr/bin/dockerd": field}, "audit_rules": known(["-w /opt/bin/dockerd -p x"])},
    }
    assert outcome("host/audit-rules", snapshot, tmp_path) is Outcome.PASS


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"permitrootlogin": "yes"}, Outcome.FAIL),
        ({"permitrootlogin": "yes", "passwordauthentication": "no"}, Outcome.PASS),
        ({"permitrootlogin": "yes", "passwordauthentication": "no", "usepam": "yes"}, Outcome.FAIL),
        ({"permitrootlogin": "yes", "authenticationmethods": "publickey"}, Outcome.PASS),
        ({"permitrootlogin": "without-password"}, Outcome.PASS),
        ({}, Outcome.PASS),
    ],
)
def test_root_over_ssh(settings: dict[str, str], expected: Outcome, tmp_path: Path) -> None:
    assert outcome("host/ssh-root-login", on_host(ssh=known(settings)), tmp_path) is expected


def test_without_an_ssh_server_its_rules_do_not_apply(tmp_path: Path) -> None:
    for control in ("host/ssh-root-login", "host/ssh-passwords", "host/ssh-empty-passwords"):
        assert outcome(control, on_host(ssh=absent()), tmp_path) is Outcome.NOT_APPLICABLE


def test_a_virtual_disk_and_virtual_memory_are_not_judged_here(tmp_path: Path) -> None:
    disk = {"name": "vda", "size": 1, "model": ""}
    virtual = on_host(disks=[disk], virtualization="kvm", memory_errors=absent())
    assert outcome("host/disk-health", virtual, tmp_path) is Outcome.NOT_APPLICABLE
    assert outcome("host/memory-errors", virtual, tmp_path) is Outcome.NOT_APPLICABLE
    broken = on_host(disks=[{**disk, "state": "offline"}], virtualization="kvm")
    assert outcome("host/disk-health", broken, tmp_path) is Outcome.FAIL


def test_an_update_that_is_held_back_is_still_missing(tmp_path: Path) -> None:
    package = {"name": "docker-ce", "version": "1", "candidate": "2", "held": True, "security": True}
    (judgement,) = judge("host/pending-updates", on_host(packages=[package]), tmp_path)
    assert judgement.outcome is Outcome.FAIL
    assert judgement.evidence[0].says == "docker-ce 1: security update 2 is waiting, held back"


def test_a_kernel_that_does_not_tell_its_age_is_unknown(tmp_path: Path) -> None:
    snapshot = {"host": {"kernel": known({"release": "6.18.44-custom", "version": "#1"})}}
    assert outcome("host/kernel-current", snapshot, tmp_path) is Outcome.UNKNOWN


@pytest.mark.parametrize(
    ("sync", "expected"),
    [
        ({"service": "systemd-timesyncd", "running": False, "synchronised": False}, Outcome.FAIL),
        ({"service": "chrony", "running": True, "synchronised": None}, Outcome.PASS),
        ({"service": "", "running": False, "synchronised": True}, Outcome.PASS),
    ],
)
def test_clock(sync: dict[str, Any], expected: Outcome, tmp_path: Path) -> None:
    assert outcome("host/time-sync", on_host(time_sync=known(sync)), tmp_path) is expected


def test_a_security_module_counts_only_where_the_engine_uses_it(tmp_path: Path) -> None:
    unused = both(
        on_host(lsm=["selinux"]), {"engine": {"info": known({"SecurityOptions": ["name=seccomp,profile=builtin"]})}}
    )
    assert outcome("host/mandatory-access", unused, tmp_path) is Outcome.FAIL
    silent = both(on_host(lsm=["selinux"]), {"engine": {"info": not_seen()}})
    assert outcome("host/mandatory-access", silent, tmp_path) is Outcome.UNKNOWN
