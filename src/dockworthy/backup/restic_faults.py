"""Why restic failed, in words, and what to do then."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Sequence
from typing import NamedTuple

from ..errors import DockworthyError, HostError, Occupied, UsageError
from .repository_place import StorePlace

NO_REPOSITORY = 10
LOCKED = 11
_PARTIAL = 3
WRONG_KEY = 12
_READ_ONLY = 60
_NOT_A_VARIABLE = 61
TOO_LARGE = 62
_LINK = 63
_TIMED_OUT = (124, 137)

_RETRIES = re.compile(r"(?:Load|Save|Stat|List|Remove|Open)\(.*?\) returned error, retrying after \S+: (.*)")
_LOCKED_BY = re.compile(r"locked (?:exclusively )?by (.*)")
_MOST_SHOWN = 3
_MOST_LETTERS = 400


class WrongKey(UsageError):
    """The key does not open the repository: it was made with another one."""


class FilesUnread(HostError):
    """Some files could not be read. Root may read all, but files can be gone meanwhile."""


class RunFailed(NamedTuple):
    """How one call of restic ended. `status`: its exit status; `text`: what it wrote to standard error, and behind
    `@said` what a producer did."""

    status: int
    text: str


class RepositoryWords(NamedTuple):
    """What messages name. `host`: which restic ran on; `shown`: the repository; `by_hand`: the command that runs
    restic for it there; `key`: the file; `local`: the repository's folder where it is on the host; `secrets`: what no
    message repeats."""

    host: str
    shown: str
    by_hand: str
    key: str
    local: str
    secrets: Sequence[str] = ()
    known: bool = False
    """The host remembers that a repository was there."""
    store: StorePlace | None = None
    """Of an append-only store on another host."""


def fault_of(doing: str, failed: RunFailed, about: RepositoryWords, *, seconds: float = 0.0) -> DockworthyError:
    """The error to raise. `doing`: what was tried, as `db/shop can't be saved`; `seconds`: how long it might take."""
    words, producer, kept = _read(failed.text)
    what = _hidden(f"{about.host}: {doing}", about)
    reason = _hidden(_shortened(words[-1] if words else f"restic ended with status {failed.status}"), about)
    where = about.shown
    if producer is not None and failed.status not in (LOCKED, NO_REPOSITORY, WRONG_KEY, _READ_ONLY, _NOT_A_VARIABLE):
        if failed.status in _TIMED_OUT:
            return HostError(f"{what}: it did not end within {seconds:.0f} s{_because(producer)}", hint=_NO_PART)
        if _ended_badly(failed.text):
            return HostError(f"{what}: the command that writes it failed{_because(producer)}", hint=_NO_PART)
        if "no data read" in failed.text:
            return HostError(f"{what}: the command that writes it wrote nothing{_because(producer)}", hint=_NO_PART)
    if about.store is not None and (fault := _of_store(what, failed.text, about, about.store)):
        return fault
    if failed.status == NO_REPOSITORY:
        return _no_repository(what, about)
    if failed.status == LOCKED:
        by = _LOCKED_BY.search(failed.text.replace("\\n", "\n"))
        return Occupied(
            f"{what}: another run holds the lock of {where}{': ' + by[1] if by else ''}",
            hint=f"wait until it has ended; if it is no more: {about.by_hand} unlock"
            if about.store is None
            else f"wait until it has ended; {about.store.host} removes what is left of one that is no more within the "
            "hour",
        )
    if failed.status == WRONG_KEY:
        return WrongKey(
            f"{what}: {about.key} does not open {where}: it was made with another key",
            hint=f"put the key that was printed with `dockworthy backup kit` into {about.key}",
        )
    if failed.status == _READ_ONLY or "read-only file system" in failed.text:
        return HostError(
            f"{what}: {where} is on a file system that is read-only",
            hint=f"findmnt -T {about.local or where} tells which; mount -o remount,rw it, or see dmesg for why it is",
        )
    if failed.status == _NOT_A_VARIABLE:
        return UsageError(
            f"{what}: line {reason} of {about.key}.env is not NAME=VALUE",
            hint="one variable a line, as AWS_ACCESS_KEY_ID=…; the repository and its key are not named there",
        )
    if failed.status == _LINK:
        return UsageError(f"{what}: {reason}", hint="somebody who may write above it put it there: ls -ld tells who")
    if failed.status in _TIMED_OUT:
        retry = _RETRIES.findall(failed.text)
        why = f": {_hidden(_shortened(retry[-1]), about)}" if retry else ""
        return HostError(f"{what}: {where} did not answer within {seconds:.0f} s{why}", hint=_reach(about))
    if failed.status == _PARTIAL:
        files = [_hidden(_shortened(word), about) for word in words[:_MOST_SHOWN]]
        more = f" and {len(words) - len(files)} more" if len(words) > len(files) else ""
        left = f"; snapshot {kept} without them is still there, and is no backup" if kept else ""
        return FilesUnread(
            f"{what}: some files could not be read: {'; '.join(files)}{more}{left}",
            hint=f"{about.by_hand} forget {kept}" if kept else "fix their permissions and run the backup again",
        )
    return _by_words(what, reason, failed.text, about)


_THERE = re.compile(r"^rclone: (?:[\d/]+ [\d:]+ )?(?:ERROR : )?(.*)$", re.MULTILINE)
"""What the other host said, and the ssh that leads there."""


def _of_store(what: str, text: str, about: RepositoryWords, store: StorePlace) -> DockworthyError | None:
    """None where the host that keeps the store has no part in it."""
    said = [line for line in _THERE.findall(text) if line.strip()]
    low, last = "\n".join(said).lower(), _shortened(said[-1].strip()) if said else ""
    again = f"dockworthy backup target {store.admin}"
    if "remaining disk space" in low or "no space left" in low or "disk quota exceeded" in low:
        return HostError(
            f"{what}: the disk of {store.folder} on {store.host} is full",
            hint=f"on {store.host}: df -h {store.folder}; what was removed lately is in {store.folder}/before",
        )
    if "host identification has changed" in low or "host key verification failed" in low or "host key is known" in low:
        return HostError(
            f"{what}: the host key of {store.host} is not the one that was pinned: it was reinstalled, or somebody "
            "stands in between",
            hint=f"find out which, by another way than this network; only then: {again}",
        )
    if "permission denied (" in low or "too many authentication failures" in low:
        return HostError(
            f"{what}: {store.host} does not let {store.user} in: {last}",
            hint=f"is the disk of {store.folder} mounted there? {again} lets this host in again",
        )
    if "rclone is not installed here" in low:
        return HostError(f"{what}: {store.host} has no rclone any more", hint=f"on {store.host}: apt install rclone")
    if "is its disk mounted" in low:
        return HostError(f"{what}: on {store.host}, {last}", hint=f"on {store.host}: findmnt -T {store.folder}")
    if any(word in low for word in _AWAY):
        port = "" if store.port == 22 else f"-p {store.port} "
        return HostError(
            f"{what}: {store.host} can't be reached: {last}",
            hint=f"is it up, and in reach of {about.host}? ssh {port}{store.user}@{store.host} there tells why",
        )
    if "invalid data returned" in text.lower():
        return HostError(
            f"{what}: {about.shown} holds what is damaged, or was cut off on its way",
            hint=f"on {store.host}, as root: sh {keeper_of(store)}/keep now puts it aside; then try again",
        )
    return None


def keeper_of(store: StorePlace) -> str:
    """The folder on its host, root's alone, with what looks after it."""
    return f"/var/lib/dockworthy/store/{store.folder.rpartition('/')[2]}"


_OF_THIS_HOST = re.compile(r"(write|open|mkdir|create) /")
_NO_PART = "nothing was saved; fix the cause and run it again"


def _by_words(what: str, reason: str, text: str, about: RepositoryWords) -> DockworthyError:
    where = about.shown
    low = text.lower()
    if "no space left on device" in low or "disk quota exceeded" in low:
        there = f"{about.local}/" in text if about.local else _OF_THIS_HOST.search(text) is None
        full = f"the disk of {where} is full" if there else f"a disk of {about.host} is full: {reason}"
        look = about.local if there and about.local else "/tmp /var/lib"
        return HostError(
            f"{what}: {full}",
            hint=f"df -h {look}; make room there",
        )
    if any(word in low for word in ("host key verification failed", "host identification has changed")):
        return HostError(
            f"{what}: ssh does not know the host key of {where}",
            hint=f"{_ssh_command(about)} once on {about.host}, as root, and compare the fingerprint that it shows",
        )
    if "permission denied (" in low:
        return HostError(
            f"{what}: ssh login to {where} was refused: {reason}",
            hint=f"{_ssh_command(about, 'ssh-copy-id')} on {about.host}, as root; it must get in without a password",
        )
    if any(word in low for word in _AWAY):
        return HostError(f"{what}: {where} can't be reached: {reason}", hint=_reach(about))
    if any(word in low for word in _NOT_ALLOWED):
        return HostError(
            f"{what}: {where} does not allow it: {reason}",
            hint="an append-only repository is pruned on the host that keeps it; else see whose its files are",
        )
    if any(word in low for word in _DAMAGED):
        return HostError(
            f"{what}: {where} is damaged: {reason}",
            hint=f"{about.by_hand} check tells what is; then "
            "https://restic.readthedocs.io/en/stable/077_troubleshooting.html",
        )
    return HostError(f"{what}: {reason}", hint=f"{about.by_hand} check")


_AWAY = (
    "connection refused",
    "no route to host",
    "could not resolve",
    "no such host",
    "timed out",
    "i/o timeout",
    "network is unreachable",
    "connection reset",
    "connection closed",
    "unexpectedly closed",
    "broken pipe",
    "unable to start the sftp session",
    "tls: ",
    "x509: ",
)
_NOT_ALLOWED = (
    "permission denied",
    "403 forbidden",
    "access denied",
    "accessdenied",
    "operation not permitted",
    "405 method",
    "unauthorized",
    "401 ",
)
_DAMAGED = (
    "ciphertext verification failed",
    "invalid data returned",
    "does not match",
    "not found in index",
    "pack ",
    "repository contains errors",
    "unexpected eof",
    "wrong hash",
    "illegal file size",
    "blob ",
    "load(",
)


def _no_repository(what: str, about: RepositoryWords) -> DockworthyError:
    if about.known:
        return HostError(
            f"{what}: the repository that was in {about.shown} is not there",
            hint=f"is its disk mounted? findmnt -T {about.local}" if about.local else "see what became of it there",
        )
    return UsageError(f"{what}: no repository is in {about.shown}", hint="dockworthy backup makes one")


def _reach(about: RepositoryWords) -> str:
    if about.shown.startswith("sftp:"):
        return f"{_ssh_command(about)} on {about.host}, as root, tells why"
    return f"see that {about.shown} is up and can be reached from {about.host}; then {about.by_hand} cat config"


def ssh_words(shown: str) -> tuple[str, ...]:
    """ssh's, for a repository as `sftp:user@host:/path` or `sftp://user@host:22/path`: port and host."""
    if found := re.match(r"sftp://([^/:]+)(?::(\d+))?", shown):
        return ("-p", found[2], found[1]) if found[2] else (found[1],)
    return (shown.removeprefix("sftp:").partition(":")[0],)


def _ssh_command(about: RepositoryWords, command: str = "ssh") -> str:
    return shlex.join((command, *ssh_words(about.shown)))


def _read(text: str) -> tuple[list[str], list[str] | None, str]:
    """What restic said, of JSON and of plain lines; what the producer said, None where there was none; and the id of a
    snapshot that could not be removed."""
    words: list[str] = []
    producer: list[str] | None = None
    kept = ""
    said = False
    for line in filter(None, map(str.strip, text.splitlines())):
        if line == "@said":
            producer, said = [], True
        elif line == "@end":
            said = False
        elif said and producer is not None:
            producer.append(line)
        elif line.startswith("@kept "):
            kept = line[len("@kept ") :][:8]
        else:
            words += _restic_words(line)
    final = [word for word in words if "at least one source file could not be read" not in word]
    return final, producer, kept


def _restic_words(line: str) -> list[str]:
    """Of a line, which is JSON mostly."""
    if _RETRIES.match(line):
        return []
    try:
        message = json.loads(line)
    except ValueError:
        return [line]
    if not isinstance(message, dict):
        return [line]
    error = message.get("error")
    text = str(error.get("message", "") if isinstance(error, dict) else message.get("message", ""))
    text = text.partition("\n")[0].removeprefix("Fatal: ").strip()
    return [text] if text else []


def _ended_badly(text: str) -> bool:
    return "command failed: exit status" in text or "command failed: signal" in text


def _because(producer: list[str]) -> str:
    return f": {_shortened(' / '.join(producer[-_MOST_SHOWN:]))}" if producer else ", and said nothing"


def _shortened(text: str) -> str:
    return text if len(text) <= _MOST_LETTERS else f"…{text[-_MOST_LETTERS:]}"


def _hidden(text: str, about: RepositoryWords) -> str:
    for secret in about.secrets:
        text = text.replace(secret, "***")
    return text
