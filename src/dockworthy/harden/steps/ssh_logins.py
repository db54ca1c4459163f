"""Settings of the SSH server. Done only where they are named: they could lock people out."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import partial

from ...host_scripts import HostScript
from ...model.field import Set
from ...model.finding import Finding
from ...model.hardening import NotDone, Run, Step, WriteFile
from ...model.host import Account
from ..situation import Planning, Situation, causes_of

_MAIN = "/etc/ssh/sshd_config"
_FOLDER = "/etc/ssh/sshd_config.d"
_DROP_IN = f"{_FOLDER}/00-dockworthy.conf"
_HEAD = "# Written by dockworthy harden: the first value of a setting is the one that holds.\n"
_INCLUDE = re.compile(rf"^\s*Include\s+\"?{re.escape(_FOLDER)}/\*\.conf", re.IGNORECASE)
_SETTING = re.compile(r"^\s*([A-Za-z]+)")
_ADMINS = ("sudo", "wheel", "admin")

_RELOAD = HostScript(__package__, "reload_sshd.sh")

_PASSWORDS = {"PasswordAuthentication": "no", "KbdInteractiveAuthentication": "no"}
_WANTED: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "host/ssh-root-login": ("root logs in by SSH with a key only", {"PermitRootLogin": "prohibit-password"}),
    "host/ssh-passwords": ("SSH asks everybody for a key", _PASSWORDS),
    "host/ssh-empty-passwords": ("SSH refuses empty passwords", {"PermitEmptyPasswords": "no"}),
}


def plan_ssh_logins(
    title: str, values: Mapping[str, str], findings: Sequence[Finding], situation: Situation
) -> Iterator[Step | NotDone]:
    """The settings, where somebody who may become root can still come in with a key."""
    control = findings[0].control
    if not any(_may_become_root(account) and account.keys for account in _people(situation)):
        yield NotDone(
            id=control,
            why="no key lets anybody in who may become root: without passwords, everybody could be locked out",
            instead="give yourself a key first (ssh-copy-id), log in with it once, then run this again",
        )
        return
    reload = ("sh", "-c", _RELOAD.bare)
    yield Step(
        id=control,
        title=title,
        causes=causes_of(findings),
        deeds=(
            _written(values, situation),
            Run(argv=("sshd", "-t"), says="sshd refuses the new settings"),
            Run(argv=reload, undo=reload, says="sshd could not be told to read its settings again"),
        ),
        disturbs=(*_locked_out(control, situation), "sessions that are open stay"),
        undone_by="the file as it was, and sshd told again; where no new login succeeds, the host does so by itself",
    )


def _written(values: Mapping[str, str], situation: Situation) -> WriteFile:
    """In a file of our own where the main one reads the folder first, else at the head of the main one."""
    main = situation.files.get(_MAIN)
    before = situation.files.get(_DROP_IN)
    if _reads_folder_first(main or ""):
        return WriteFile(path=_DROP_IN, before=before, after=_with(before or _HEAD, values), mode=0o600, owner=(0, 0))
    lines = "".join(f"{name} {value}\n" for name, value in values.items())
    return WriteFile(path=_MAIN, before=main, after=f"{_HEAD}{lines}{main or ''}")


def _reads_folder_first(main: str) -> bool:
    for line in main.splitlines():
        if _INCLUDE.match(line):
            return True
        if _SETTING.match(line):
            return False
    return False


def _with(text: str, values: Mapping[str, str]) -> str:
    names = {name.lower() for name in values}
    kept = [line for line in text.splitlines() if line.split(" ")[0].lower() not in names]
    return "\n".join([*kept, *(f"{name} {value}" for name, value in values.items())]) + "\n"


def _people(situation: Situation) -> tuple[Account, ...]:
    accounts = situation.machine.host.accounts
    return accounts.value if isinstance(accounts, Set) else ()


def _may_become_root(account: Account) -> bool:
    return account.uid == 0 or any(group in _ADMINS for group in account.groups)


def _locked_out(control: str, situation: Situation) -> Iterator[str]:
    """Who comes in by a password only, as far as is known."""
    out = [
        account.name
        for account in _people(situation)
        if not account.keys
        and account.password in (("none",) if control == "host/ssh-empty-passwords" else ("set", "unknown"))
        and (control != "host/ssh-root-login" or account.uid == 0)
    ]
    if out:
        yield f"without a key, and so without a login by SSH from then on: {', '.join(out)}"


_WHY = "it decides who can log in, and a mistake would lock you out"

PLANNINGS = {
    id: Planning(plan=partial(plan_ssh_logins, title, values), reads=(_MAIN, _DROP_IN), named_only=_WHY)
    for id, (title, values) in _WANTED.items()
}
