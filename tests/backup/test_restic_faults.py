"""What restic says becomes a sentence with the next command."""

from __future__ import annotations

import json

import pytest

from dockworthy.backup.repository_place import StorePlace
from dockworthy.backup.restic_faults import RepositoryWords, RunFailed, WrongKey, fault_of, ssh_words
from dockworthy.errors import DockworthyError, HostError, Occupied, UsageError

BY_HAND = "sh /var/lib/dockworthy/backup/x/restic"


def fault(status: int, *lines: str, shown: str = "rest:https://vault/x", local: str = "") -> DockworthyError:
    about = RepositoryWords("h", shown, BY_HAND, "/etc/k", local, ("u:s3cret", "s3cret"))
    return fault_of("db can't be saved", RunFailed(status, "\n".join(lines)), about, seconds=5)


def exited(code: int, message: str) -> str:
    return json.dumps({"message_type": "exit_error", "code": code, "message": message})


@pytest.mark.parametrize(
    ("status", "message", "kind", "says", "hint"),
    [
        (1, "Fatal: unable to remove: 403 Forbidden", HostError, "does not allow it", "append-only"),
        (1, "remove /r/snapshots/x: permission denied", HostError, "does not allow it", "append-only"),
        (1, "dial tcp: lookup vault: no such host", HostError, "can't be reached", "vault/x is up"),
        (1, "write /tmp/x: no space left on device", HostError, "a disk of h is full", "df -h /tmp"),
        (1, "Load(<data/a>): ciphertext verification failed", HostError, "is damaged", f"{BY_HAND} check"),
        (1, "something new", HostError, "h: db can't be saved: something new", f"{BY_HAND} check"),
        (10, "Fatal: repository does not exist", UsageError, "no repository is in", "dockworthy backup"),
        (
            11,
            "locked exclusively by PID 7 on vm by root",
            Occupied,
            "the lock of rest:https://vault/x: PID 7",
            "unlock",
        ),
        (12, "Fatal: wrong password", WrongKey, "/etc/k does not open rest:https://vault/x", "backup kit"),
        (60, "", HostError, "read-only", "findmnt"),
        (124, "", HostError, "did not answer within 5 s", "is up"),
        (137, "", HostError, "did not answer within 5 s", "is up"),
        (130, "", HostError, "restic ended with status 130", "check"),
    ],
)
def test_each_has_its_words(status: int, message: str, kind: type[DockworthyError], says: str, hint: str) -> None:
    found = fault(status, exited(status, message))
    assert type(found) is kind and says in found.says and hint in found.hint


@pytest.mark.parametrize(
    ("said", "says", "hint"),
    [
        ("ssh: connect to host vault port 22: Connection refused", "vault can't be reached", "ssh backup-shop@vault"),
        ("Host key verification failed.", "the host key of vault is not the one", "dockworthy backup target ssh://root"),
        ("backup-shop@vault: Permission denied (publickey).", "does not let backup-shop in", "the disk of /srv/shop"),
        ("rclone is not installed here: /usr/bin/rclone is missing", "vault has no rclone", "apt install rclone"),
        ("/srv/shop/repository is not there: is its disk mounted?", "on vault, /srv/shop/rep", "findmnt -T /srv/shop"),
        ("2026/12/02 04:48:22 ERROR : data/45/x: Post request put error: preallocate: file too big for remaining disk "
         "space", "the disk of /srv/shop on vault is full", "/srv/shop/before"),
    ],
)  # fmt: skip
def test_a_store_on_another_host(said: str, says: str, hint: str) -> None:
    store = StorePlace("backup-shop", "vault", "/srv/shop")
    about = RepositoryWords("h", store.written, BY_HAND, "/etc/k", "", store=store)
    text = (
        f"rclone: {said}\n{exited(1, 'Fatal: unable to open repository: error talking HTTP to rclone: exit status 1')}"
    )
    error = fault_of("db can't be saved", RunFailed(1, text), about, seconds=5)
    assert isinstance(error, HostError) and says in error.says and hint in error.hint
    damaged = fault_of("x", RunFailed(1, "LoadRaw(<index/aa>): invalid data returned"), about)
    assert "cut off on its way" in damaged.says and "/var/lib/dockworthy/store/shop/keep now" in damaged.hint


def test_a_snapshot_that_could_not_be_removed_is_named() -> None:
    lines = [json.dumps({"message_type": "error", "error": {"message": f"open /a/{n}: denied"}}) for n in range(9)]
    found = fault(3, *lines, exited(3, "Warning: at least one source file could not be read"), f"@kept {'a' * 64}")
    assert "open /a/0: denied; open /a/1: denied; open /a/2: denied and 6 more; snapshot aaaaaaaa" in found.says
    assert found.hint == f"{BY_HAND} forget aaaaaaaa"


def test_no_secret_and_no_flood_is_repeated() -> None:
    for lines in (
        ["error with s3cret in it"],
        [exited(1, "x" * 9000 + " http://u:s3cret@vault")],
        ['{"message": 5}', "[]"],
    ):
        found = fault(1, *lines)
        assert "s3cret" not in found.says + found.hint and len(found.says) < 1000


def test_ssh_of_both_ways_to_write_sftp() -> None:
    assert ssh_words("sftp:b@vault:/srv") == ("b@vault",)
    assert ssh_words("sftp://b@vault:22//srv") == ("-p", "22", "b@vault")
    assert ssh_words("sftp://b@vault/srv") == ("b@vault",)
