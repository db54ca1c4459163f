"""harden's settings of the SSH server, over the very server that they change: never unasked, never locking out."""

from __future__ import annotations

import json

import pytest

from dockworthy.harden.engine_ways import EngineWays, ServiceManager
from dockworthy.harden.situation import Situation
from dockworthy.harden.steps import plannings
from dockworthy.model.engine import Engine
from dockworthy.model.field import Set, Source
from dockworthy.model.finding import Evidence, Finding, Outcome
from dockworthy.model.hardening import NotDone, Step, WriteFile
from dockworthy.model.host import Account, Host
from dockworthy.model.levels import Level, Severity
from dockworthy.model.machine import Machine
from machines.debian_host import DebianHost

CONTROL = "host/ssh-root-login"
OWN = "/etc/ssh/sshd_config.d/50-own.conf"
WAYS = EngineWays(manager=ServiceManager.SYSTEMD)


def effective(debian: DebianHost) -> dict[str, str]:
    """What the server goes by."""
    lines = debian.run("sshd", "-T").splitlines()
    return {name: value for name, _, value in (line.partition(" ") for line in lines)}


@pytest.mark.ssh
@pytest.mark.program
@pytest.mark.timeout(300)
def test_root_keeps_its_key_and_loses_the_password(debian: DebianHost) -> None:
    debian.write(OWN, "PermitRootLogin yes\n")
    debian.run("systemctl", "reload", "ssh")
    before = debian.settings()
    plan = json.loads(debian.dockworthy("harden", "--format", "json").stdout)
    assert CONTROL not in [step["id"] for step in plan["steps"]]
    (left,) = [left for left in plan["not_done"] if left["id"] == CONTROL]
    assert "lock you out" in left["why"] and "--only" in left["instead"]

    done = debian.dockworthy("harden", "--apply", "--yes", "--only", CONTROL)
    assert done.returncode == 0, done.stdout + done.stderr
    assert effective(debian)["permitrootlogin"] == "without-password"
    taken = debian.dockworthy("harden", "--undo")
    assert taken.returncode == 0, taken.stdout + taken.stderr
    assert effective(debian)["permitrootlogin"] == "yes"
    assert debian.settings() == before


def planned(*accounts: Account, main: str = "Include /etc/ssh/sshd_config.d/*.conf\n") -> Step | NotDone:
    source = Source("/etc/passwd")
    machine = Machine(
        taken="2026-11-26T12:00:00Z",
        engine=Engine(endpoint="unix:///run/docker.sock"),
        host=Host(accounts=Set(accounts, source)),
    )
    finding = Finding(
        control="host/ssh-passwords", title="t", subject="host", kind="host", outcome=Outcome.FAIL,
        severity=Severity.MEDIUM, level=Level.RESTRICTED, demand="7.credentials",
        evidence=(Evidence("PasswordAuthentication yes", source),),
    )  # fmt: skip
    situation = Situation(machine=machine, ways=WAYS, files={"/etc/ssh/sshd_config": main})
    (found,) = plannings()["host/ssh-passwords"].plan([finding], situation)
    return found


def test_nobody_with_a_key_nothing_done() -> None:
    found = planned(Account("root", 0, "/bin/bash"), Account("ann", 1000, "/bin/bash", groups=("users",), keys=1))
    assert isinstance(found, NotDone) and "ssh-copy-id" in found.instead


def test_who_loses_the_login_is_said() -> None:
    ann = Account("ann", 1000, "/bin/bash", groups=("sudo",), keys=1)
    found = planned(ann, Account("bob", 1001, "/bin/bash", password="set"))
    assert isinstance(found, Step) and any(says.endswith(": bob") for says in found.disturbs)


@pytest.mark.parametrize(
    ("main", "path"),
    [
        ("# own\n\nInclude /etc/ssh/sshd_config.d/*.conf\nUsePAM yes\n", "/etc/ssh/sshd_config.d/00-dockworthy.conf"),
        ("UsePAM yes\nInclude /etc/ssh/sshd_config.d/*.conf\n", "/etc/ssh/sshd_config"),
        ("PasswordAuthentication yes\n", "/etc/ssh/sshd_config"),
    ],
)
def test_it_is_written_where_it_is_read_first(main: str, path: str) -> None:
    found = planned(Account("root", 0, "/bin/bash", keys=1), main=main)
    assert isinstance(found, Step)
    file = found.deeds[0]
    assert isinstance(file, WriteFile) and file.path == path
    if path == "/etc/ssh/sshd_config":
        assert file.after.endswith(main) and file.after.splitlines()[1] == "PasswordAuthentication no"
