"""What is remembered of the disk: little, in one own file, and never at the cost of a reading."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from dockworthy.facts.disk_history import LINES, with_disk_history
from dockworthy.model.field import Set, Source, Unknown, Unset
from dockworthy.model.host import DiskReading, Host, Storage

START = datetime(2026, 11, 1, tzinfo=UTC)


def host(free: int = 60, *, size: int = 100, mount: str = "/var/lib/docker") -> Host:
    storage = Storage("/var/lib/docker", mount, "ext4", True, size, free, 10, 5)
    return Host(storage=Set(storage, Source("test")))


def at(hours: float) -> str:
    return (START + timedelta(hours=hours)).isoformat(timespec="seconds").replace("+00:00", "Z")


def read(folder: Path, hours: float, given: Host | None = None) -> tuple[DiskReading, ...]:
    field = with_disk_history(given or host(), at(hours), folder, of="").disk_history
    assert isinstance(field, Set), field
    return field.value


def test_readings_add_up_once_an_hour(tmp_path: Path) -> None:
    folder = tmp_path / "state"
    assert [reading.at for reading in read(folder, 0)] == [at(0)]
    assert [reading.at for reading in read(folder, 0.5)] == [at(0), at(0.5)]
    assert [reading.at for reading in read(folder, 1.5, host(50))] == [at(0), at(1.5)]
    readings = read(folder, 24, host(40))
    assert [(reading.at, reading.free) for reading in readings] == [(at(0), 60), (at(1.5), 50), (at(24), 40)]
    assert (folder / "disk.jsonl").stat().st_mode & 0o777 == 0o600


def test_another_file_system_or_size_is_another_story(tmp_path: Path) -> None:
    read(tmp_path, 0)
    read(tmp_path, 2, host(mount="/srv"))
    assert len(read(tmp_path, 4, host(size=200))) == 1
    assert [reading.at for reading in read(tmp_path, 6)] == [at(0), at(6)]


def test_the_file_stays_small(tmp_path: Path) -> None:
    for hour in range(LINES + 20):
        read(tmp_path, hour)
    lines = (tmp_path / "disk.jsonl").read_bytes().splitlines()
    assert len(lines) <= LINES
    assert at(LINES + 19).encode() in lines[-1]
    assert [path.name for path in tmp_path.iterdir()] == ["disk.jsonl"]


def test_odd_lines_are_left_out(tmp_path: Path) -> None:
    read(tmp_path, 0)
    with (tmp_path / "disk.jsonl").open("ab") as file:
        file.write(b'nonsense\n{"at":"x","mount":"/","size":1,"free":1}\n{"at":"2026-11-01T00:00:00","mount":"/","si')
        file.write(b'\n{"at":"2026-11-01T05:00:00Z","mount":"/var/lib/docker","size":100,"free":900}\n')
    assert [reading.at for reading in read(tmp_path, 8)] == [at(0), at(8)]


def test_a_clock_that_was_set_back_does_not_stop_the_record(tmp_path: Path) -> None:
    read(tmp_path, 1000)
    assert [reading.at for reading in read(tmp_path, 0)] == [at(0)]
    assert [reading.at for reading in read(tmp_path, 2)] == [at(0), at(2)]


def test_where_nothing_can_be_written_nothing_is_lost(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert len(read(tmp_path / "file", 0)) == 1
    (tmp_path / "elsewhere").write_text("")
    (tmp_path / "disk.jsonl").symlink_to(tmp_path / "elsewhere")
    assert len(read(tmp_path, 0)) == 1
    assert (tmp_path / "elsewhere").read_text() == ""


@pytest.mark.skipif(os.geteuid() != 0, reason="giving a file away needs root")
def test_a_file_of_somebody_else_tells_nothing(tmp_path: Path) -> None:
    read(tmp_path, 0)
    os.chown(tmp_path / "disk.jsonl", 12345, 12345)
    assert len(read(tmp_path, 24)) == 1


def test_every_host_has_a_record_of_its_own(tmp_path: Path) -> None:
    for name in ("", "ssh://ops@shop1", "ssh://ops@shop2"):
        with_disk_history(host(), at(0), tmp_path, of=name)
        field = with_disk_history(host(), at(24), tmp_path, of=name).disk_history
        assert isinstance(field, Set) and len(field.value) == 2
    assert len(list(tmp_path.iterdir())) == 3


def test_a_tree_of_files_is_not_remembered(tmp_path: Path) -> None:
    field = with_disk_history(host(), at(0), tmp_path, of=None).disk_history
    assert isinstance(field, Unknown)
    assert list(tmp_path.iterdir()) == []


def test_a_disk_that_could_not_be_read_is_not_remembered(tmp_path: Path) -> None:
    gone = Host(storage=Unset(Source("/var/lib/docker")))
    assert isinstance(with_disk_history(gone, at(0), tmp_path, of="").disk_history, Unset)
    assert list(tmp_path.iterdir()) == []
