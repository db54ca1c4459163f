"""Who logged in when, who becomes root by sudo, and what PAM asks: from files as the real programs write them."""

from __future__ import annotations

import sqlite3
import struct
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dockworthy.facts.host import logins
from dockworthy.facts.host.names import Names
from dockworthy.facts.host.sudo import read_sudo_rules
from dockworthy.model.field import Set, Unknown, Unset
from dockworthy.model.host import LoginRecord, SudoRule
from effort import examples

from .host_trees import Tree, debian

NOVEMBER = 1_793_491_200  # 2026-11-01
MAY = 1_777_593_600  # 2026-05-01


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    return debian(Tree(tmp_path / "root"))


def record(tree: Tree) -> LoginRecord:
    field = tree.read().logins
    assert isinstance(field, Set), field
    return field.value


def lastlog(*entries: tuple[int, int], form: str = "<i") -> bytes:
    size = 292 if form == "<i" else 296
    content = bytearray(size * (max(uid for uid, _ in entries) + 1))
    for uid, moment in entries:
        struct.pack_into(form, content, uid * size, moment)
    return bytes(content)


def utmp(kind: int, name: str, moment: int, *, wide: bool = False) -> bytes:
    content = bytearray(400 if wide else 384)
    struct.pack_into("<h", content, 0, kind)
    content[44 : 44 + len(name)] = name.encode()
    struct.pack_into("<q" if wide else "<i", content, 344 if wide else 340, moment)
    return bytes(content)


def database(path: Path, table: str, *rows: tuple[object, ...], journal: str = "delete") -> bytes:
    with sqlite3.connect(path) as made:
        made.execute(f"PRAGMA journal_mode={journal}")
        made.execute(f"CREATE TABLE {table}")
        places = ", ".join("?" * len(rows[0]))
        made.executemany(f"INSERT INTO {table.split('(')[0]} VALUES ({places})", rows)
    made.close()
    return path.read_bytes()


@pytest.mark.parametrize("form", ["<i", "<q"])
def test_lastlog(form: str, tree: Tree) -> None:
    tree.write("/var/log/lastlog", lastlog((0, MAY), (1000, NOVEMBER), form=form))
    assert record(tree) == LoginRecord(
        {"ann": "2026-11-01T00:00:00Z", "root": "2026-05-01T00:00:00Z"}, "2026-05-01T00:00:00Z"
    )


@pytest.mark.parametrize("wide", [False, True])
def test_wtmp_with_what_was_rotated_away(wide: bool, tree: Tree) -> None:
    tree.write("/var/log/wtmp.1", utmp(7, "ann", MAY, wide=wide) + utmp(2, "reboot", MAY - 99, wide=wide))
    tree.write("/var/log/wtmp", utmp(7, "ann", NOVEMBER, wide=wide) + utmp(8, "", NOVEMBER + 9, wide=wide))
    assert record(tree) == LoginRecord({"ann": "2026-11-01T00:00:00Z"}, "2026-05-01T00:00:00Z")


@pytest.mark.parametrize("journal", ["delete", "wal"])
def test_databases_that_took_their_place(journal: str, tree: Tree, tmp_path: Path) -> None:
    last = database(
        tmp_path / "a.db", "Lastlog2(Name TEXT, Time INTEGER, TTY TEXT)", ("ann", MAY, "pts/0"), journal=journal
    )
    tree.write("/var/lib/lastlog/lastlog2.db", last)
    rows = [(3, "ann", NOVEMBER * 1_000_000), (3, "root", MAY * 1_000_000), (1, "reboot", NOVEMBER * 1_000_000)]
    journal_db = database(tmp_path / "b.db", "wtmp(Type INTEGER, User TEXT, Login INTEGER)", *rows, journal=journal)
    tree.write("/var/log/wtmp.db", journal_db)
    tree.link("/var/lib/wtmpdb/wtmp.db", "../../log/wtmp.db")
    assert record(tree).last == {"ann": "2026-11-01T00:00:00Z", "root": "2026-05-01T00:00:00Z"}


@pytest.mark.parametrize("content", [b"", b"\0" * 292 * 5, b"nonsense", b"SQLite format 3\0nonsense"])
def test_a_record_of_nobody_is_none(content: bytes, tree: Tree) -> None:
    for path in ("/var/log/lastlog", "/var/log/wtmp", "/var/lib/lastlog/lastlog2.db", "/var/lib/wtmpdb/wtmp.db"):
        tree.write(path, content)
    field = tree.read().logins
    assert isinstance(field, Unknown) and "no login of anybody" in field.reason


@given(st.binary(max_size=2000))
@settings(max_examples=examples(200), deadline=None)
def test_any_content_is_read_without_a_crash(content: bytes) -> None:
    names = Names.__new__(Names)
    names.users, names.groups = [], []
    for read in (logins._of_wtmp, logins._of_lastlog2, logins._of_wtmpdb):
        list(read(content))
    list(logins._of_lastlog(content, names))


def rules(tree: Tree) -> list[SudoRule]:
    field = tree.read().sudo_rules
    assert isinstance(field, Set), field
    return list(field.value)


def test_sudo_is_not_there(tree: Tree) -> None:
    assert isinstance(tree.read().sudo_rules, Unset)


def test_sudo_rules_of_every_form(tree: Tree) -> None:
    tree.write(
        "/etc/sudoers",
        "# the usual\nDefaults env_reset\nUser_Alias OPS = ann, bob : CI = runner\n"
        "Cmnd_Alias RESTART = /bin/systemctl restart a, \\\n    /bin/systemctl restart b\n"
        "root ALL=(ALL:ALL) ALL\n%sudo ALL=(ALL:ALL) ALL # all of them\n"
        "OPS ALL=(root) NOPASSWD: RESTART, PASSWD: /usr/bin/apt\nCI ALL = NOEXEC: NOPASSWD: ALL\n"
        "@includedir /etc/sudoers.d\n#includedir /etc/nowhere\nbroken line\n",
    )
    tree.write("/etc/sudoers.d/cloud", "#1000 ALL=(ALL) NOPASSWD:ALL\n")
    tree.write("/etc/sudoers.d/old.bak", "mallory ALL=(ALL) NOPASSWD:ALL\n")
    found = {(rule.who, rule.free): (rule.commands, rule.path, rule.line) for rule in rules(tree)}
    restart = ("/bin/systemctl restart a", "/bin/systemctl restart b")
    assert found == {
        ("root", False): (("ALL",), "/etc/sudoers", 6),
        ("%sudo", False): (("ALL",), "/etc/sudoers", 7),
        ("ann", True): (restart, "/etc/sudoers", 8),
        ("ann", False): (("/usr/bin/apt",), "/etc/sudoers", 8),
        ("bob", True): (restart, "/etc/sudoers", 8),
        ("bob", False): (("/usr/bin/apt",), "/etc/sudoers", 8),
        ("runner", True): (("ALL",), "/etc/sudoers", 9),
        ("#1000", True): (("ALL",), "/etc/sudoers.d/cloud", 1),
    }


@pytest.mark.parametrize(
    ("defaults", "free"), [("Defaults !authenticate", True), ("Defaults:ann !authenticate", True), ("Defaults", False)]
)
def test_sudo_that_never_asks(defaults: str, free: bool, tree: Tree) -> None:
    tree.write("/etc/sudoers", f"{defaults}\nann ALL=(ALL) ALL\n")
    assert [rule.free for rule in rules(tree)] == [free]


def test_sudo_files_that_include_each_other_end(tree: Tree) -> None:
    tree.write("/etc/sudoers", "@include /etc/sudoers\nann ALL=(ALL) ALL\n")
    assert {rule.who for rule in rules(tree)} == {"ann"}


@given(st.text(max_size=300))
@settings(max_examples=examples(150), deadline=None)
def test_any_sudoers_is_read(text: str) -> None:
    class Fake:
        def exists(self, path: str) -> bool:
            return True

        def read(self, path: str) -> str:
            return text if path == "/etc/sudoers" else ""

        def names(self, path: str) -> list[str]:
            return []

    assert isinstance(read_sudo_rules(Fake()), Set)  # type: ignore[arg-type]


def test_what_pam_asks(tree: Tree) -> None:
    tree.write(
        "/etc/pam.d/sshd",
        "# two\n@include common-auth\nauth required pam_google_authenticator.so nullok\n"
        "account required pam_nologin.so\n",
    )
    tree.write(
        "/etc/pam.d/common-auth",
        "auth\t[success=1 default=ignore]\tpam_unix.so nullok\nauth substack loop\n-auth optional /lib/pam_x.so\n",
    )
    tree.write("/etc/pam.d/loop", "auth include loop\n")
    field = tree.read().ssh_login_modules
    assert isinstance(field, Set)
    assert field.value == ("pam_unix", "pam_x", "pam_google_authenticator")


def test_no_pam(tree: Tree) -> None:
    assert isinstance(tree.read().ssh_login_modules, Unset)


def test_how_old_a_password_is(tree: Tree) -> None:
    tree.write("/etc/shadow", "root:!:20000::::::\nann:$y$x:20454:0:99999:7:::\n")
    field = tree.read().accounts
    assert isinstance(field, Set)
    assert {account.name: account.password_changed for account in field.value} == {
        "root": "2024-10-04",
        "ann": "2026-01-01",
    }
