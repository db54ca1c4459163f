"""What the shell script on a host says is what the same files say here, whatever shell and programs the host has."""

from __future__ import annotations

import os
import shutil
import socket
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from dockworthy.errors import HostError
from dockworthy.facts.host import plugins, read_host
from dockworthy.facts.host.processes import Processes
from dockworthy.facts.host.root import NotHeld, Root
from dockworthy.facts.host.sockets import SocketTables
from dockworthy.facts.remote.captured_root import CapturedRoot
from dockworthy.facts.remote.files import RemoteFiles, first_questions
from dockworthy.model.field import Set

from .remote_hosts import USUAL_PROGRAMS, a_host, files_of_a_host, only

pytestmark = pytest.mark.program  # shells, some hundred programs each

BUSYBOX = shutil.which("busybox") or ""
SHELLS = [("sh",), ("bash",), *([(BUSYBOX, "sh")] if BUSYBOX else [])]

ODD_NAMES = [
    "plain",
    "with space",
    "qu'ote",
    "new\nline",
    "*",
    "$(touch x)",
    "-n",
    "ä",
    os.fsdecode(b"\xff\xfe"),
    ".hidden",
    "a:b",
]


@pytest.fixture
def odd(tmp_path: Path) -> Path:
    folder = tmp_path / "odd names"
    folder.mkdir()
    for number, name in enumerate(ODD_NAMES):
        (folder / name).write_bytes(b"\0\xff\nM end 0\n" * number)
        (folder / name).chmod(0o640 if number % 2 else 0o4755)
    (folder / "empty folder").mkdir()
    (folder / "link").symlink_to("with space")
    (folder / "odd link").symlink_to("new\nline")
    (folder / "dangling").symlink_to("/no where/at all")
    (folder / "round").symlink_to("round")
    os.mkfifo(folder / "pipe")
    return folder


def everything(folder: str) -> Callable[[Root], dict[str, object]]:
    """Reads a folder by all methods of a root."""

    def read(root: Root) -> dict[str, object]:
        found: dict[str, object] = {}
        for name in root.names(folder):
            path = f"{folder}/{name}"
            for follow in (True, False):
                found[f"stat {follow} {name}"] = outcome(lambda p=path, f=follow: essentials(root.stat(p, follow=f)))
            for method in (root.read_bytes, root.names, root.link, root.resolve, root.identity, root.exists, root.word):
                found[f"{method.__name__} {name}"] = outcome(lambda m=method, p=path: m(p))
        return found

    return read


def essentials(status: os.stat_result) -> tuple[int, ...]:
    return (
        status.st_mode,
        status.st_uid,
        status.st_gid,
        status.st_size,
        int(status.st_mtime),
        status.st_ino,
        status.st_dev,
    )


def outcome(read: Callable[[], object]) -> object:
    try:
        return read()
    except OSError as error:
        return (error.errno, error.filename)


@pytest.mark.parametrize("shell", SHELLS, ids=lambda shell: " ".join(shell))
async def test_odd_files_are_the_same_over_there(odd: Path, shell: tuple[str, ...]) -> None:
    read = everything(str(odd))
    async with files_of_a_host(shell) as files:
        there = await files.read(read)
    here = read(Root(Path("/")))
    assert there == here


async def test_what_is_missing_is_missing(tmp_path: Path) -> None:
    (tmp_path / "there").touch()
    paths = [f"{tmp_path}/{name}" for name in ("there", "gone", "gone/deeper", "there/below")]

    def read(root: Root) -> list[object]:
        return [
            outcome(lambda p=path, m=method: bool(m(p)) or True)
            for path in paths
            for method in (root.read_bytes, root.names, root.stat, root.link)
        ]

    async with files_of_a_host() as files:
        assert await files.read(read) == read(Root(Path("/")))


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
async def test_what_may_not_be_read_is_no_absence(tmp_path: Path) -> None:
    secret = tmp_path / "closed"
    secret.mkdir(mode=0o700)
    (secret / "file").touch()
    shell = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "sh")
    paths = [str(secret), f"{secret}/file", "/etc/shadow"]

    def read(root: Root) -> list[object]:
        return [outcome(lambda p=path, m=m: bool(m(p))) for path in paths for m in (root.read_bytes, root.names)]

    async with files_of_a_host(shell) as files:
        assert files.hello.uid == 65534
        found = await files.read(read)
    assert {answer[0] for answer in found if isinstance(answer, tuple)} == {13, 20, 22} or found.count(
        (13, paths[1])
    ) == 2
    assert found[2] == (13, paths[1]) and found[3] == (13, paths[1])


def steady(host: object) -> dict[str, Any]:
    facts: dict[str, Any] = msgspec.to_builtins(host)
    for name in ("memory", "load", "listeners", "storage"):
        facts.pop(name)
    facts["sysctls"] = {
        k: v for k, v in facts["sysctls"].items() if k not in ("fs.file-nr", "net.netfilter.nf_conntrack_count")
    }  # type: ignore[attr-defined]
    facts["kernel"] = {k: v for k, v in facts["kernel"]["value"].items() if k != "uptime"}  # type: ignore[index]
    return facts


@pytest.mark.parametrize("shell", SHELLS, ids=lambda shell: " ".join(shell))
async def test_this_host_is_the_same_over_there(shell: tuple[str, ...]) -> None:
    before = None
    while before != (here := steady(read_host())):  # what else runs on this machine may change it meanwhile
        before = here
        async with files_of_a_host(shell) as files:
            await files.fetch_first([])
            there = steady(await files.read(read_host))
    assert there == here


@pytest.mark.skipif(not BUSYBOX, reason="no busybox here")
async def test_a_host_with_busybox_alone(tmp_path: Path) -> None:
    path, before = only(tmp_path / "bin", *USUAL_PROGRAMS), None
    while before != (here := steady(read_host())):
        before = here
        async with files_of_a_host((BUSYBOX, "sh"), path=path) as files:
            await files.fetch_first([])
            there = steady(await files.read(read_host))
    assert there == here


@pytest.mark.skipif(not BUSYBOX, reason="no busybox here")
async def test_a_host_without_stat(tmp_path: Path) -> None:
    """Its modes come from `ls`."""
    programs = [program for program in USUAL_PROGRAMS if program != "stat"]
    file = tmp_path / "file"
    file.touch()
    file.chmod(0o4751)
    (tmp_path / "link").symlink_to("file")
    bare = f"PATH={only(tmp_path / 'bin', *programs)}; export PATH"

    def read(root: Root) -> list[tuple[int, int]]:
        return [
            (root.stat(p).st_mode, root.stat(p).st_uid)
            for p in (str(file), f"{tmp_path}/link", str(tmp_path), "/dev/null")
        ]

    async with a_host((BUSYBOX, "sh")) as host:
        files = RemoteFiles(host)
        await files.begin()
        async for _ in host.shell.run(f"{bare}\nHAVE_STAT=".encode(), ends=host.ends):
            pass
        assert await files.read(read) == read(Root(Path("/")))


async def test_a_host_that_lacks_what_it_takes(tmp_path: Path) -> None:
    folder = tmp_path / "bin"
    folder.mkdir()
    with pytest.raises(HostError) as error:
        async with a_host(("/bin/sh",), path=str(folder)) as host:
            # As on a host whose folders of programs are empty.
            async for _ in host.shell.run(b"command() { return 1; }", ends=host.ends):
                pass
            await RemoteFiles(host).begin()
    assert error.value.says.startswith("there has a shell, and lacks what it takes to read it: ")
    assert "grep" in error.value.says


async def test_what_a_login_script_prints_first_is_skipped() -> None:
    async with files_of_a_host(first="echo Welcome; printf '\\nM end 0\\n'") as files:
        assert await files.read(lambda root: root.read_bytes("/proc/sys/kernel/ostype")) == b"Linux\n"


async def test_a_clock_that_is_wrong() -> None:
    async with a_host() as host:
        async for _ in host.shell.run(b"date() { echo 1000000000; }", ends=host.ends):
            pass
        files = RemoteFiles(host)
        await files.begin()
    assert files.skew is not None and files.skew < -500_000_000


async def test_a_clock_that_is_right() -> None:
    async with files_of_a_host() as files:
        assert files.skew == 0.0


async def test_lost_in_the_middle_what_was_read_stands() -> None:
    """Before the last round: every field is what it was, or says that the host was lost. None is wrongly absent."""
    async with a_host() as host:
        files = RemoteFiles(host)
        await files.begin()
        await files.fetch_first(first_questions(read_host))
        host.process.kill()
        await host.process.wait()
        lost = msgspec.to_builtins(await files.read(read_host))
    whole = msgspec.to_builtins(read_host())
    gaps = 0
    for name, field in lost.items():
        if (
            isinstance(field, dict)
            and field.get("is") == "unknown"
            and "the ssh connection to there ended" in field["reason"]
        ):
            gaps += 1
        elif isinstance(field, dict) and field.get("is") == "unset":
            assert whole[name]["is"] == "unset", f"{name} is wrongly absent"
    assert gaps > 3


async def test_lost_before_anything_was_read() -> None:
    async with a_host() as host:
        files = RemoteFiles(host)
        await files.begin()
        host.process.kill()
        await host.process.wait()
        with pytest.raises(HostError, match="ended meanwhile"):
            await files.fetch_first([])


async def test_the_hash_of_a_password_never_leaves_the_host() -> None:
    async with files_of_a_host() as files:
        shadow = await files.read(lambda root: root.word("/etc/shadow"))
    fields = [line.split(":")[1] for line in shadow.splitlines() if ":" in line]
    assert all(len(field) <= 1 for field in fields)


def test_a_reader_far_away_must_not_take_a_gap_for_an_answer() -> None:
    from dockworthy.facts.remote.capture import Capture

    root = CapturedRoot(Capture(), as_root=True, byteorder="little", gap="the host is gone")
    for ask in (root.exists, root.word, root.names_or_none, root.read, root.stat, root.link, root.identity):
        with pytest.raises(NotHeld, match="the host is gone"):
            ask("/etc/docker/daemon.json")


@pytest.fixture
def listening(tmp_path: Path) -> Iterator[str]:
    path = f"{tmp_path}/sock"
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(path)
        server.listen()
        yield path


async def test_who_holds_a_socket(listening: str) -> None:
    from dockworthy.facts.host.processes import Processes
    from dockworthy.facts.host.sockets import SocketTables

    def holders(root: Root) -> list[list[int]]:
        processes = Processes(root)
        _, inodes = SocketTables(root, processes).listening_at(listening)
        return [processes.holders.get(inode, []) for inode in inodes]

    async with files_of_a_host() as files:
        await files.fetch_first([])
        assert await files.read(holders) == [[os.getpid()]]


@pytest.mark.parametrize("shell", SHELLS, ids=lambda shell: " ".join(shell))
async def test_a_plugin_that_nobody_serves_is_found_over_there(
    shell: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    def told(root: Root) -> dict[str, bool | None]:
        field = plugins.read_plugins(root, SocketTables(root, Processes(root)))
        return {each.path.rpartition("/")[2]: each.answers for each in field.value} if isinstance(field, Set) else {}

    with tempfile.TemporaryDirectory(prefix="dw-plugins-") as folder, socket.socket(socket.AF_UNIX) as listening:
        monkeypatch.setattr(plugins, "SOCKETS", folder)
        listening.bind(f"{folder}/lives.sock")
        listening.listen()
        with socket.socket(socket.AF_UNIX) as ended:
            ended.bind(f"{folder}/gone.sock")
        async with files_of_a_host(shell) as files:
            await files.fetch_first([])
            there = await files.read(told)
        assert there == told(Root(Path("/"))) == {"lives.sock": True, "gone.sock": False if os.geteuid() == 0 else None}
