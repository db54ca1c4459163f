"""An installation that was cut off is finished by one command, with what was asked for; else the guard is as it was."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from msgspec import structs

from dockworthy.cli.guard import install as command
from dockworthy.cli.run import run
from dockworthy.errors import EngineError
from dockworthy.guard.life import cut_off, installing, planning, uninstalling
from dockworthy.guard.life.builds import Builds
from dockworthy.guard.life.cut_off import InstallFlags, asked_of, in_words, install_or_as_before, take_back, together
from dockworthy.guard.life.engine_here import EngineHere
from dockworthy.guard.life.places import Places
from dockworthy.guard.life.planning import STARTING_POLICY, Install, plan
from dockworthy.guard.life.record import People, Record, read_record, write_record
from dockworthy.guard.life.service import Service
from dockworthy.model.guard_policy import GuardPolicy

pytestmark = pytest.mark.slow

PLAIN = Record(
    version="1", endpoint="unix:///run/docker.sock", settings="/etc/docker/daemon.json", settings_was_there=True,
    by_systemd=False, files=("/x",),
)  # fmt: skip
PEOPLE = People(path="/run/docker.sock", mode=0o660, group="docker", endpoint="unix:///run/own/docker.sock")
HALF = structs.replace(PLAIN, people=PEOPLE, done=False, previous=PLAIN)


@pytest.fixture
def places(tmp_path: Path) -> Places:
    return Places(state=tmp_path / "state", bundle=tmp_path / "bundle", policy=tmp_path / "guard.yaml")


def test_what_was_asked_for_is_asked_for_again() -> None:
    assert asked_of(PLAIN) == InstallFlags() and asked_of(HALF) == InstallFlags(people=True)
    more = structs.replace(HALF, people=structs.replace(PEOPLE, tls="192.0.2.7"), confines=True)
    assert asked_of(more).flags == "--people --tls 192.0.2.7 --confine-builds"
    assert together(InstallFlags(), asked_of(more)) == asked_of(more)
    assert (
        together(InstallFlags(tls="off", confine_builds=True), asked_of(HALF)).flags
        == "--people --tls off --confine-builds"
    )


def test_it_says_what_it_does() -> None:
    back, anew, else_ = in_words(HALF, InstallFlags(people=True))
    assert "an installation with --people was cut off: take back" in back and "again with --people" in anew
    assert "as it was before" in else_
    assert len(in_words(structs.replace(HALF, previous=None), InstallFlags(people=True))) == 2, "there was none before"


def test_a_run_that_is_cut_off_again_in_between_is_gone_on_with(
    places: Places, monkeypatch: pytest.MonkeyPatch
) -> None:
    def uninstall(
        places: Places, record: Record, say: Callable[[str], None], *, bundle_stays: bool, comes_back: bool
    ) -> None:
        assert not bundle_stays, "this program lies elsewhere"
        assert comes_back
        places.record.unlink()

    write_record(places, HALF)
    monkeypatch.setattr(cut_off, "uninstall", uninstall)
    take_back(places, HALF, print)
    left = read_record(places)
    assert left is not None and left.is_to_be_taken_back and asked_of(left) == InstallFlags(people=True)
    assert left.previous == PLAIN and left.files == ()


def test_what_is_whole_before_comes_back_where_the_rest_can_not_be_had() -> None:
    brought: list[InstallFlags] = []

    def bring(asked: InstallFlags) -> None:
        brought.append(asked)
        if asked.people:
            raise EngineError("the engine does not answer")

    said: list[str] = []
    with pytest.raises(EngineError):
        install_or_as_before(HALF, InstallFlags(people=True), bring, said.append)
    assert brought == [InstallFlags(people=True), InstallFlags()] and "as it was before" in said[0], said
    for record in (structs.replace(HALF, previous=None), structs.replace(HALF, previous=HALF)):
        brought.clear()
        with pytest.raises(EngineError):
            install_or_as_before(record, InstallFlags(people=True), bring, said.append)
        assert len(brought) == 1, "nothing else was there"


def test_the_plan_after_it_was_taken_back_is_one_of_the_first_time(places: Places, tmp_path: Path) -> None:
    engine = EngineHere(endpoint="unix:///x", settings=tmp_path / "daemon.json")
    write_record(places, HALF)
    todo = plan(places, engine, b"", by_systemd=True)
    assert (todo.installed, todo.whole_before, todo.renews) == (None, PLAIN, False)
    write_record(places, PLAIN)
    todo = plan(places, engine, b"", by_systemd=True)
    assert (todo.installed, todo.whole_before) == (PLAIN, PLAIN)
    write_record(places, structs.replace(PLAIN, done=False, renews=True, previous=PLAIN))
    assert plan(places, engine, b"", by_systemd=True).whole_before == PLAIN


def test_a_record_of_before_has_nothing_whole_before() -> None:
    text = msgspec.json.encode(structs.replace(HALF, previous=None)).replace(b',"previous":null', b"")
    assert b"previous" not in text and msgspec.json.decode(text, type=Record).previous is None


@pytest.mark.parametrize("flags", [[], ["--confine-builds"]])
@pytest.mark.parametrize("dry", [True, False])
def test_the_command_asks_once_and_keeps_the_flags(
    places: Places,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    flags: list[str],
    dry: bool,
) -> None:
    done: list[object] = []
    monkeypatch.setattr("dockworthy.guard.life.places.Places", lambda: places)
    monkeypatch.setattr(command, "only_root", lambda: None)
    monkeypatch.setattr(cut_off, "take_back", lambda *_: done.append("taken back"))
    monkeypatch.setattr(command, "_check_first", lambda *_, **__: None)
    places.policy.write_text("policy: {level: baseline}\n")
    monkeypatch.setattr(command, "_bring", lambda places, endpoint, asked, *_, **how: done.append((asked, how["yes"])))
    write_record(places, HALF)
    assert run(["guard", "install", *flags, "--dry-run" if dry else "--yes"]) == 0
    says = capsys.readouterr().err
    assert "an installation with --people was cut off" in says and "again with --people" in says, says
    asked = InstallFlags(people=True, confine_builds=bool(flags))
    assert done == ([] if dry else ["taken back", (asked, True)])
    assert ("is finished, with --people" in says) != dry


@pytest.mark.parametrize("version", ["99.0.0", "29.1.0"])
def test_what_may_refuse_comes_before_anything_is_taken_back(
    places: Places, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], version: str
) -> None:
    """An engine that was not tried; a daemon.json that can't be used."""
    settings = tmp_path / "daemon.json"
    settings.write_text('{"authorization-plugins": "x"}')
    engine = EngineHere(endpoint="unix:///x", settings=settings, pid=1, version=version)
    done: list[str] = []
    monkeypatch.setattr("dockworthy.guard.life.places.Places", lambda: places)
    monkeypatch.setattr("dockworthy.guard.life.engine_here.find_engine", lambda *_: engine)
    monkeypatch.setattr("dockworthy.guard.life.tried.TRIED", ("29.1",))
    monkeypatch.setattr(command, "only_root", lambda: None)
    monkeypatch.setattr(cut_off, "take_back", lambda *_: done.append("taken back"))
    write_record(places, structs.replace(HALF, people=None))
    assert run(["guard", "install", "--yes"]) == 2 and "by which the installation that was cut off" in _said(capsys)
    places.policy.write_text("policy: {level: baseline}\n")
    assert run(["guard", "install", "--yes"]) == 2 and done == []
    said = _said(capsys)
    assert ("was not tried against Engine 99" in said) if version[0] == "9" else ("is no list" in said), said


def _said(capsys: pytest.CaptureFixture[str]) -> str:
    return " ".join(capsys.readouterr().err.split())


def test_the_policy_is_there_when_the_record_is(
    places: Places, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where it is cut off after, finishing it judges by the same."""
    engine = EngineHere(endpoint="unix:///x", settings=tmp_path / "daemon.json")
    todo = Install(
        places=places, engine=engine, policy=b"strict", before=None, after=b"{}", by_systemd=False,
        builds=Builds(policy=GuardPolicy(), confined=False, written=False, people=False),
    )  # fmt: skip
    seen: list[bytes] = []
    monkeypatch.setattr(installing, "_bring_bundle", lambda *_: None)

    def put_record(places: Places, record: Record | None, *_: object) -> None:
        if record is not None:
            seen.append(places.policy.read_bytes() if places.policy.exists() else b"")
            raise EngineError("cut off")

    monkeypatch.setattr(installing, "_put_record", put_record)
    with pytest.raises(EngineError):
        installing.install(todo, print)
    assert seen == [b"strict"] and not places.policy.exists(), "what failed is taken back"


@pytest.mark.parametrize("comes_back", [True, False])
def test_grants_and_the_policy_stay_for_the_guard_that_comes_right_after(
    places: Places, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, comes_back: bool
) -> None:
    monkeypatch.setenv("DOCKWORTHY_STATE", str(tmp_path / "theirs"))
    monkeypatch.setattr(uninstalling, "take_order_away", lambda _: None)
    for name in ("stop", "forget"):
        monkeypatch.setattr(Service, name, lambda _: None)
    places = structs.replace(places, root_key=tmp_path / "key")
    (places.state / "grants").mkdir(parents=True)
    places.policy.write_bytes(STARTING_POLICY)
    record = structs.replace(PLAIN, files=(), settings=str(tmp_path / "daemon.json"))
    engine = EngineHere(endpoint="unix:///x", settings=tmp_path / "daemon.json")
    uninstalling._remove(places, record, engine, bundle_stays=True, comes_back=comes_back)
    assert (places.policy.exists(), (places.state / "grants").exists()) == (comes_back, comes_back)


CONFINED = structs.replace(PLAIN, confines=True, done=False, files=())
"""Cut off where `--confine-builds` was asked for."""
_CHANGES = ("os.rename", "os.remove", "os.rmdir", "os.mkdir", "shutil.rmtree")


def _without_engine(places: Places, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[InstallFlags], None]:
    """What brings the guard to a machine on which no engine runs; with `--confine-builds` it fails at last."""
    monkeypatch.setenv("DOCKWORTHY_STATE", str(tmp_path / "theirs"))
    engine = EngineHere(endpoint="unix:///x", settings=tmp_path / "daemon.json")
    monkeypatch.setattr(uninstalling, "find_engine", lambda _: engine)
    monkeypatch.setattr(uninstalling, "take_order_away", lambda _: None)
    monkeypatch.setattr(planning, "_check_owner", lambda _: None)
    monkeypatch.setattr(installing, "bring_order", lambda *_: None)
    monkeypatch.setattr(installing, "build", lambda building, **_: building.mkdir())
    for name in ("stop", "forget"):
        monkeypatch.setattr(Service, name, lambda _: None)

    def bring(asked: InstallFlags) -> None:
        def start(_: Service) -> None:
            if asked.confine_builds:
                raise EngineError("the guard does not come up")

        monkeypatch.setattr(Service, "start", start)
        installing.install(
            plan(places, engine, None, by_systemd=False, confine_builds=asked.confine_builds), lambda _: None
        )

    return bring


def _killed_at(change: int, work: Callable[[], None]) -> bool:
    """`work` in a process of its own that ends before this change of a file system; False where it made fewer."""
    child = os.fork()
    if child == 0:
        left = [change]

        def heard(event: str, _: object) -> None:
            if event in _CHANGES:
                left[0] -= 1
                if left[0] < 0:
                    os._exit(9)

        sys.addaudithook(heard)
        try:
            work()
        finally:
            os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9


@pytest.mark.parametrize("previous", [None, PLAIN], ids=["the first one", "after a whole one"])
def test_wherever_it_is_killed_it_is_known_what_was_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, previous: Record | None
) -> None:
    """Taken back, tried anew, which fails, and brought as it was before: killed before each change of a file."""
    change, killed = 0, True
    while killed:
        home = tmp_path / str(change)
        places = Places(
            state=home / "state", bundle=home / "bundle", policy=home / "guard.yaml", init=home / "init",
            unlock=home / "unlock", program=home / "program", root_key=home / "key",
        )  # fmt: skip
        home.mkdir()
        places.policy.write_bytes(b"policy: {level: baseline}\n")
        cut = structs.replace(CONFINED, settings=str(home / "daemon.json"), previous=previous)
        write_record(places, cut, before=b"{}", after=b'{"authorization-plugins": ["dockworthy"]}')
        (home / "daemon.json").write_bytes(b'{"authorization-plugins": ["dockworthy"]}')
        bring = _without_engine(places, home, monkeypatch)

        def work(places: Places = places, cut: Record = cut, bring: Callable[[InstallFlags], None] = bring) -> None:
            take_back(places, cut, lambda _: None)
            install_or_as_before(cut, asked_of(cut), bring, lambda _: None)

        killed = _killed_at(change, work)
        left = read_record(places)
        assert left is not None, f"after {change} changes nobody knows what was asked for"
        if left.done:
            assert previous is not None and not left.confines, change
        else:
            assert left.is_to_be_taken_back and left.previous == previous, change
            assert left.confines or (previous is not None and places.bundle.exists()), change
        change += 1
    assert change > 20


@pytest.mark.parametrize("found", [None, PLAIN, structs.replace(CONFINED, previous=PLAIN)])
def test_what_fails_leaves_the_guards_own_files_as_they_were(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, found: Record | None
) -> None:
    """The record, and what `unlock` puts back."""
    places = Places(
        state=tmp_path / "state", bundle=tmp_path / "bundle", policy=tmp_path / "guard.yaml", init=tmp_path / "init",
        unlock=tmp_path / "unlock", program=tmp_path / "program",
    )  # fmt: skip
    places.policy.write_bytes(b"policy: {level: baseline}\n")
    (tmp_path / "daemon.json").write_bytes(b'{"authorization-plugins": ["dockworthy"]}')
    if found is not None:
        write_record(places, found, before=b"{}", after=b"what the guard wrote")

    def seen() -> dict[str, bytes]:
        return {str(each): each.read_bytes() for each in tmp_path.rglob("*") if each.is_file()}

    before = seen()
    bring = _without_engine(places, tmp_path, monkeypatch)
    with pytest.raises(EngineError):
        bring(InstallFlags(confine_builds=True))
    assert seen() == before
