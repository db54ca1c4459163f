"""The socket that is made is the one whose owner and mode are changed, wherever its name leads by then."""

from __future__ import annotations

import contextlib
import os
import socket
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from dockworthy.errors import UsageError
from dockworthy.guard.life.keeping import keeper
from dockworthy.guard.life.keeping.guards import KeeperSettings, ServedSocket, open_all
from dockworthy.guard.listening import listen, listened
from patience import patience


def test_a_link_in_place_of_the_socket_opens_no_other_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    victim = tmp_path / "of-root"
    victim.write_text("secret")
    victim.chmod(0o600)
    masked, calls = os.umask, iter(range(99))

    def swapped(mask: int) -> int:
        if next(calls) == 1:  # after the socket is made
            for made in tmp_path.glob(".open.sock.*"):
                made.unlink()
                made.symlink_to(victim)
        return masked(mask)

    monkeypatch.setattr(os, "umask", swapped)
    with pytest.raises(UsageError):
        listen(tmp_path / "open.sock", mode=0o666)
    assert stat.S_IMODE(victim.stat().st_mode) == 0o600


def test_mode_and_group_are_the_sockets(tmp_path: Path) -> None:
    path = tmp_path / "open.sock"
    group = os.getegid()
    with listen(path, mode=0o660, group=str(group)):
        seen = path.stat()
    assert stat.S_ISSOCK(seen.st_mode) and (stat.S_IMODE(seen.st_mode), seen.st_gid) == (0o660, group)


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[socket.socket]:
    """Another program's socket, at which somebody answers."""
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / "docker.sock"))
        listening.listen(1)
        yield listening


def _answers(path: Path, engine: socket.socket) -> bool:
    with socket.socket(socket.AF_UNIX) as asking:
        asking.connect(str(path))
        engine.settimeout(patience(10))
        with engine.accept()[0] as asked:
            asked.sendall(b"engine")
        return asking.recv(9) == b"engine"


def test_no_socket_takes_the_place_of_another_programs(tmp_path: Path, engine: socket.socket) -> None:
    path = tmp_path / "docker.sock"
    with pytest.raises(UsageError) as refused:
        listen(path, mode=0o666)
    assert f"(process {os.getpid()}) listens at {path}" in refused.value.says
    assert "guard install --people" in refused.value.hint
    with pytest.raises(UsageError), listened(path, mode=0o600):
        pass
    engine.accept()[0].close()
    engine.accept()[0].close()
    assert _answers(path, engine) and list(tmp_path.iterdir()) == [path]


@contextlib.contextmanager
def _nobody_is_let_in(path: Path) -> Iterator[None]:
    with contextlib.ExitStack() as waiting:
        while True:
            asking = waiting.enter_context(socket.socket(socket.AF_UNIX))
            asking.setblocking(False)
            try:
                asking.connect(str(path))
            except BlockingIOError:
                break
        yield


def test_nor_that_of_one_that_has_no_time_to_answer(tmp_path: Path, engine: socket.socket) -> None:
    path = tmp_path / "docker.sock"
    with _nobody_is_let_in(path), pytest.raises(UsageError, match="another program listens"):
        listen(path, mode=0o666)


@pytest.mark.parametrize(("made", "is_guards"), [(".docker.sock.12", True), ("engine.sock", False)])
def test_one_that_has_no_time_is_known_by_the_path_at_which_it_was_made(
    tmp_path: Path, made: str, is_guards: bool
) -> None:
    path = tmp_path / "docker.sock"
    with socket.socket(socket.AF_UNIX) as earlier:
        earlier.bind(str(tmp_path / made))
        earlier.listen(1)
        (tmp_path / made).rename(path)
        with _nobody_is_let_in(path):
            if is_guards:
                with listen(path, mode=0o666) as now:
                    now.settimeout(patience(10))
                    assert _answers(path, now)
            else:
                with pytest.raises(UsageError, match="another program listens"):
                    listen(path, mode=0o666)


def test_an_engine_without_time_that_came_back_beside_an_earlier_guard_keeps_its_place(tmp_path: Path) -> None:
    path, made = tmp_path / "docker.sock", tmp_path / ".docker.sock.12"
    with socket.socket(socket.AF_UNIX) as earlier, socket.socket(socket.AF_UNIX) as engine:
        earlier.bind(str(made))
        earlier.listen(1)
        made.unlink()
        engine.bind(str(path))
        engine.listen(1)
        with _nobody_is_let_in(path), pytest.raises(UsageError, match="another program listens"):
            listen(path, mode=0o666)


def test_a_keeper_makes_all_of_its_sockets_or_none(
    tmp_path: Path, engine: socket.socket, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """At a plugin's socket without a guard an engine would wait."""
    plugin, path = tmp_path / "plugins" / "plugin.sock", tmp_path / "docker.sock"
    sockets = ServedSocket(str(plugin), 0o600), ServedSocket(str(path), 0o660)
    with pytest.raises(UsageError):
        open_all(sockets)
    engine.accept()[0].close()
    assert not plugin.exists() and _answers(path, engine)
    file = tmp_path / "keep.json"
    file.write_bytes(
        KeeperSettings(sockets, ("true",), ("true",), str(tmp_path / "pid"), str(tmp_path / "serving")).written()
    )
    monkeypatch.setattr("sys.argv", ["keep.sh", str(file)])
    assert keeper.main() == 3, "the status with which nobody starts it again"
    assert "guard install --people" in capfd.readouterr().err


def test_a_guards_own_place_and_one_that_nobody_holds_are_taken(tmp_path: Path) -> None:
    """As after a keeper that was killed: its guard still listens there."""
    path = tmp_path / "docker.sock"
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(path))
    with listen(path, mode=0o666):
        made = path.stat().st_ino
        with listen(path, mode=0o666) as second:
            assert path.stat().st_ino != made
            second.settimeout(patience(10))
            assert _answers(path, second)
