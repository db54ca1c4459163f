"""What the host that keeps the backups does by itself: what has arrived becomes root's, and old backups go, whatever
the other host wrote. With a real repository; the times of arrival are those of its files."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from unittest.mock import ANY

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backup.repositories import needs_restic, program
from dockworthy.backup.retention import to_forget
from dockworthy.backup.target.keeping import keeper_files
from dockworthy.model.backup_settings import Keep
from effort import examples
from patience import patience, wait_until

pytestmark = [pytest.mark.program, needs_restic]
DAY = 86400
USER = "nobody"
KEEP = Keep(daily=2, weekly=0, monthly=0)


class KeptStore:
    """A store in `folder`, looked after as root would."""

    def __init__(self, folder: Path, keep: Keep = KEEP) -> None:
        self.folder = folder
        self.repository = folder / "repository"
        self.keeper = folder / "keeper"
        self.keeper.mkdir(parents=True)
        for name, content in keeper_files(str(folder), USER, keep).items():
            (self.keeper / name).write_bytes(content)

    def make(self) -> None:
        (self.keeper / "key").write_text("k\n")
        (self.folder / "lock").touch()
        self.restic("init")

    def restic(self, *words: str, given: str = "") -> str:
        command = ["restic", "-r", str(self.repository), "--password-file", str(self.keeper / "key"), "--no-cache"]
        done = subprocess.run([*command, *words], input=given, capture_output=True, text=True, timeout=patience(60))
        assert done.returncode == 0, done.stderr
        return done.stdout

    def save(self, days: float, *, own: float | None = None, content: str = "x", **tags: str) -> str:
        """What the other host adds: it arrived `days` ago, and says that it is `own` days old. Returns its id."""
        words = ",".join(["dockworthy", *(f"dockworthy:{name}={value}" for name, value in tags.items())])
        at = datetime.fromtimestamp(time.time() - (days if own is None else own) * DAY).strftime("%Y-%m-%d %H:%M:%S")
        said = self.restic("backup", "--stdin", "--json", "--tag", words, "--time", at, given=content)
        id: str = json.loads(said.splitlines()[-1])["snapshot_id"]
        arrived = time.time() - days * DAY
        os.utime(self.repository / "snapshots" / id, (arrived, arrived))
        return id

    def run(self, days: float, name: str = "", scope: str = "shop", **how: str) -> str:
        """A whole backup: two parts, and the manifest last. Returns its name."""
        name = name or f"r{days:g}"
        self.save(days, run=name, scope=scope, data="db", content=f"{name}{os.urandom(8).hex()}")
        self.save(days, run=name, scope=scope, part="manifest", **how)
        return name

    def prove(self, run: str, days: float, scope: str = "shop") -> None:
        self.save(days, run=run, scope=scope, part="proven", proven=run)

    def keep(self, *words: str) -> tuple[int, str]:
        command = ["sh", str(self.keeper / "keep"), *words]
        done = subprocess.run(command, capture_output=True, text=True, timeout=patience(120))
        return done.returncode, done.stdout + done.stderr

    def there(self) -> set[str]:
        """The runs of which anything is there."""
        listed = json.loads(self.restic("snapshots", "--json")) or []
        found = set()
        for each in listed:
            tags = dict(tag.partition(":")[2].partition("=")[::2] for tag in each.get("tags") or ())
            if tags.get("part") != "store":
                found.add(tags.get("run", ""))
        return found


@pytest.fixture
def store(tmp_path: Path) -> Iterator[KeptStore]:
    if os.geteuid() != 0:
        pytest.skip("files of two users: only root can make them")
    made = KeptStore(tmp_path)
    made.make()
    yield made


# What goes is what the policy in Python would let go

counts = st.integers(0, 8)
keeps = st.tuples(counts, counts, counts).filter(any).map(lambda n: Keep(*n))
arrivals = st.dictionaries(
    st.text("0123456789abcdef", min_size=8, max_size=8), st.integers(1_700_000_000, 1_760_000_000), max_size=40
)


@given(keeps, arrivals)
@settings(max_examples=examples(60), deadline=None)
def test_both_let_the_same_go(keep: Keep, arrived: dict[str, int]) -> None:
    folder = Path("/tmp") / f"dockworthy-keep-{os.getpid()}"
    try:
        store = KeptStore(folder, keep)
        lines = "".join(f"{name} {at}\n" for name, at in arrived.items())
        done = subprocess.run(
            ["sh", str(store.keeper / "keep"), "choose"],
            input=lines,
            capture_output=True,
            text=True,
            timeout=patience(60),
            env={**os.environ, "TZ": "UTC"},
        )
        taken = {name: datetime.fromtimestamp(at, UTC).isoformat() for name, at in arrived.items()}
        assert done.stdout.split() == list(to_forget(taken, keep, ())), done.stderr
    finally:
        shutil.rmtree(folder, ignore_errors=True)


# What has arrived


def test_what_has_arrived_becomes_roots(store: KeptStore) -> None:
    pack = next(iter((store.repository / "keys").iterdir()))
    for file in store.repository.rglob("*"):
        if file.is_file():
            shutil.chown(file, USER)
    half = store.repository / "index" / ("a" * 64)
    odd = store.repository / "data" / "zz" / "new\nline"
    odd.parent.mkdir()
    for file in (half, odd):
        file.write_text("half")
        shutil.chown(file, USER)
    shutil.chown(odd.parent, USER)
    status, said = store.keep("seal")
    assert status == 0, said
    assert pack.owner() == "root" and (store.repository / "config").stat().st_mode & 0o777 == 0o440
    assert not half.exists() and not odd.parent.exists()
    assert len(list((store.folder / "damaged").iterdir())) == 2
    store.restic("check")


def test_what_is_being_written_is_left_alone(store: KeptStore) -> None:
    half = store.repository / "snapshots" / ("b" * 64)
    half.write_text("half")
    shutil.chown(half, USER)
    with subprocess.Popen(["flock", "-s", store.folder / "lock", "sh", "-c", "echo; sleep 100"],
                          stdout=subprocess.PIPE) as connection:  # fmt: skip
        assert connection.stdout is not None and connection.stdout.readline()
        assert store.keep("seal")[0] == 0 and half.exists()
        long_ago = time.time() - 3700
        os.utime(half, (long_ago, long_ago))
        assert store.keep("seal")[0] == 0 and not half.exists()
        subprocess.run(["pkill", "-P", str(connection.pid)], check=True)


# What goes, and what never does


def test_old_ones_go_by_the_time_of_their_arrival(store: KeptStore) -> None:
    for days in (10, 5, 2, 1):
        store.run(days)
    store.prove("r5", 4)
    status, said = store.keep("now")
    assert status == 0 and "1 old backups were removed" in said, said
    assert store.there() == {"r5", "r2", "r1"}
    store.restic("check")
    [before] = (store.folder / "before").iterdir()
    was = subprocess.run(
        ["restic", "-r", before, "--password-file", store.keeper / "key", "--no-cache", "snapshots"],
        capture_output=True,
        text=True,
    )
    assert "run=r10" in was.stdout
    assert store.keep("now")[0] == 0 and store.there() == {"r5", "r2", "r1"}


def test_nothing_goes_before_a_drill_and_nothing_while_the_newest_is_doubted(store: KeptStore) -> None:
    for days in (9, 8, 2, 1):
        store.run(days)
    every = store.there()
    status, said = store.keep("now")
    assert status == 0 and "nothing is old enough" in said and store.there() == every
    store.prove("r2", 1)
    store.run(0.5, doubted="1")
    assert store.keep("now")[0] == 0 and store.there() == {*every, "r0.5"}
    store.run(0.1)
    assert store.keep("now")[0] == 0 and store.there() == {"r2", "r0.1", *newest_of_yesterday(store)}


def newest_of_yesterday(store: KeptStore) -> set[str]:
    """Two days are kept: which of these two the clock now calls a day of its own."""
    days = {name: datetime.fromtimestamp(time.time() - float(name[1:]) * DAY).date() for name in ("r1", "r0.5", "r0.1")}
    newest: dict[object, str] = {}
    for name, day in days.items():
        newest[day] = name
    return set(sorted(newest.values(), key=lambda name: float(name[1:]))[:2])


def test_who_owns_the_other_host_adds_many_and_nothing_good_goes(store: KeptStore) -> None:
    """In all ways in which policies by number have been led astray: many of today, each said to be of another day; a
    future; a second manifest for a good one; marks of drills that never were; names that would break a line."""
    for days in (3, 2, 1):
        store.run(days)
    store.prove("r3", 2)
    good = {"r3", "r2", "r1"}
    for number in range(4):
        store.run(0.01, name=f"junk{number}", scope="shop")
    store.run(0.01, name="a 99999999999", scope="shop")
    store.run(0.01, name='b\t"],"tags":["dockworthy:run=r3"', scope="shop")
    store.prove("junk0", 0.01)
    assert store.keep("now")[0] == 0
    # the newest of today takes a day's place, as it does on each day; all that a drill restored stays
    assert {"r3", "r1"} <= store.there()
    store.save(0.01, own=2, run="r9", scope="shop", part="manifest")
    assert store.keep("now")[0] == 0 and "r3" in store.there()

    odd = store.save(0.01, own=-30, run="future", scope="shop", part="manifest")
    kept = store.there()
    store.run(20, name="old")
    status, said = store.keep("now")
    assert status == 1 and odd[:8] in said and "of the future" in said and store.there() == {*kept, "old"}
    assert "accepted" in said
    (store.keeper / "accepted").write_text(f"{odd}\n")
    status, said = store.keep("now")
    assert status == 0 and "1 old backups" in said and store.there() == kept

    again = store.save(0.01, run="r3", scope="shop", part="manifest")
    status, said = store.keep("now")
    assert status == 1 and f"{again[:8]} is a second manifest of the backup r3" in said
    (store.keeper / "accepted").write_text(f"{odd}\n{again[:8]}\n")
    assert store.keep("now")[0] == 0
    back = store.save(0.01, own=40, run="older", scope="shop", part="manifest")
    status, said = store.keep("now")
    assert status == 1 and f"{back[:8]} says that it is 39 days older than its arrival" in said
    assert good - store.there() <= {"r2"}


def test_what_broke_off_goes_after_two_days_and_what_is_not_ours_never(store: KeptStore) -> None:
    store.save(3, run="broken", scope="shop", data="db")
    store.save(1, run="fresh", scope="shop", data="db")
    store.restic("backup", "--stdin", given="somebody's")
    assert store.keep("now")[0] == 0
    assert store.there() == {"fresh", ""}


def test_an_image_stays_as_long_as_a_backup_that_stays_needs_it(store: KeptStore) -> None:
    old, used, also, new = (
        store.save(30, part="image", image=name, content=name) for name in ("old", "used", "also", "new")
    )
    fresh = store.save(0.5, part="image", image="fresh", content="fresh")
    store.run(20, images="old+used")
    store.run(2, images="used")
    store.prove(store.run(1, images="also+used"), 0.5)
    assert store.keep("now") == (0, ANY)
    assert store.there() == {"r2", "r1", ""}
    there = {each["id"] for each in json.loads(store.restic("snapshots", "--json"))}
    assert {used, also, fresh} <= there and not {old, new} & there


def test_a_damaged_repository_loses_nothing(store: KeptStore) -> None:
    for days in (9, 2, 1):
        store.run(days)
    store.prove("r1", 0.5)
    pack = max((store.repository / "data").glob("*/*"), key=lambda file: file.stat().st_size)
    pack.unlink()
    status, said = store.keep("now")
    assert status == 2 and "restic check has found errors" in said and len(store.there()) == 3


@pytest.mark.parametrize("word", ["forget", "prune"])
def test_killed_in_the_middle_it_is_done_again(store: KeptStore, word: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was begun is ended by the next run, its lock is no more, and what stays is whole."""
    for days in (10, 9, 8, 2, 1):
        store.run(days)
    store.prove("r2", 1)
    real = shutil.which("restic")
    kill = f'if [ "$1" = {word} ]; then "{real}" "$@" & sleep 0.3; kill -9 $!; wait $!; kill -9 $PPID; exit 137; fi'
    folder = program(store.folder / "bin", "restic", f'{kill}\nexec "{real}" "$@"')
    path = os.environ["PATH"]
    monkeypatch.setenv("PATH", f"{folder}:{path}")
    store.keep("now")
    monkeypatch.setenv("PATH", path)
    free = ["flock", "-n", store.keeper / "running", "true"]
    wait_until(lambda: subprocess.run(free).returncode == 0, "nothing of it runs any more")
    status, said = store.keep("now")
    assert status == 0, said
    assert store.there() == {"r2", "r1"}
    # Of a lock that was being written, a part may lie there for an hour: it locks nothing.
    half = [each for each in store.repository.rglob("*-tmp-*") if each.is_file()]
    assert not set((store.repository / "locks").iterdir()) - set(half)
    store.restic("check", "--read-data")
    (store.repository / "locks" / f"{'0' * 64}-tmp-1").touch()
    for each in store.repository.rglob("*-tmp-*"):
        os.utime(each, (1, 1))
    store.keep()
    assert not list(store.repository.rglob("*-tmp-*"))


def test_once_a_day_and_the_other_host_is_told(store: KeptStore) -> None:
    for days in (9, 2, 1):
        store.run(days)
    store.prove("r1", 0.5)
    assert store.keep()[0] == 0 and "r9" not in store.there()
    store.run(8)
    assert store.keep() == (0, "")  # not yet a day later
    assert "r8" in store.there()
    assert store.keep("now")[0] == 0 and "r8" not in store.there()
    listed = json.loads(store.restic("snapshots", "--json", "--tag", "dockworthy:part=store"))
    assert len(listed) == 1
    said = store.restic("dump", listed[0]["id"], "store").splitlines()
    assert said[1] == "0" and "1 old backups were removed" in said[2]
    assert len(list((store.folder / "before").iterdir())) == 2
    long_ago = time.time() - 15 * DAY
    for before in (store.folder / "before").iterdir():
        os.utime(before, (long_ago, long_ago))
    assert store.keep()[0] == 0 and not list((store.folder / "before").iterdir())


def test_plan_says_what_would_go_and_changes_nothing(store: KeptStore) -> None:
    for days in (9, 2, 1):
        store.run(days)
    store.prove("r1", 0.5)
    assert store.keep("plan") == (0, "goes: r9\n")
    assert "r9" in store.there()
