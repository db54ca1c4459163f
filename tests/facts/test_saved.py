"""Snapshots in files: whole or not at all, and nothing in a file can do more than be refused with a clear sentence."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dockworthy.errors import OutputError, UnreadableInput
from dockworthy.facts.saved import encode, load, save
from dockworthy.model.field import Set, Source, Unknown
from dockworthy.model.host import Host
from dockworthy.model.snapshot import SNAPSHOT_VERSION, ContainerFacts, EngineFacts, Snapshot, ToolVersion
from effort import examples


def snapshot(containers: int = 1) -> Snapshot:
    source = Source("GET /containers/{id}/json")
    found = tuple(
        ContainerFacts(id=f"{n:064x}", name=f"c{n}", inspect=Set({"Name": f"/c{n}", "Env": ["A=b"] * 100}, source))
        for n in range(containers)
    )
    engine = EngineFacts(endpoint="unix:///x", containers=Set(found, Source("GET /containers/json")))
    return Snapshot(taken="2026-11-24T12:00:00Z", tool=ToolVersion("dockworthy", "1.0"), host=Host(), engine=engine)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "facts.json"


def document(file: Path) -> dict[str, Any]:
    """A good snapshot as plain JSON, to be spoilt."""
    save(snapshot(), file)
    loaded: dict[str, Any] = json.loads(file.read_text())
    return loaded


def refused(file: Path, content: bytes | str | dict[str, Any]) -> UnreadableInput:
    if isinstance(content, dict):
        content = json.dumps(content)
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(UnreadableInput) as error:
        load(file)
    assert error.value.says.startswith(f"{file}: ")
    return error.value


def test_what_is_saved_is_loaded(file: Path) -> None:
    save(snapshot(3), file)
    assert load(file) == snapshot(3)
    assert file.stat().st_mode & 0o777 == 0o600
    assert [entry.name for entry in file.parent.iterdir()] == ["facts.json"]


def test_an_older_file_is_replaced_and_its_mode_with_it(file: Path) -> None:
    file.write_text("old")
    file.chmod(0o644)
    save(snapshot(), file)
    assert load(file) == snapshot()
    assert file.stat().st_mode & 0o777 == 0o600


def test_where_it_can_not_be_written_the_old_one_stands(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save(snapshot(1), file)

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("dockworthy.facts.saved.os.fsync", full)
    with pytest.raises(OutputError, match="No space left on device"):
        save(snapshot(2), file)
    assert load(file) == snapshot(1)
    assert [entry.name for entry in file.parent.iterdir()] == ["facts.json"]


def test_a_folder_that_does_not_exist(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="No such file or directory"):
        save(snapshot(), tmp_path / "none" / "facts.json")


def test_a_link_keeps_pointing(tmp_path: Path, file: Path) -> None:
    link = tmp_path / "link.json"
    link.symlink_to(file)
    save(snapshot(), link)
    assert link.is_symlink() and load(file) == snapshot()


def test_a_device_is_written_to_and_never_replaced(tmp_path: Path) -> None:
    save(snapshot(), Path("/dev/null"))
    assert Path("/dev/null").is_char_device()
    reading, writing = os.pipe()
    try:
        save(snapshot(), Path(f"/dev/fd/{writing}"))
        assert os.read(reading, 1 << 20) == encode(snapshot())
    finally:
        os.close(reading)
        os.close(writing)


def test_a_file_that_came_in_place_of_a_pipe_is_not_written_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In somebody else's folder, who may rename there at any moment."""
    victim, pipe = tmp_path / "of-root", tmp_path / "pipe"
    victim.write_text("secret")
    os.mkfifo(pipe)
    is_file = Path.is_file

    def swapped(path: Path) -> bool:
        found = is_file(path)
        pipe.unlink()
        pipe.symlink_to(victim)
        return found

    monkeypatch.setattr(Path, "is_file", swapped)
    with pytest.raises(OutputError):
        save(snapshot(), pipe)
    assert victim.read_text() == "secret"


def test_no_such_file(tmp_path: Path) -> None:
    with pytest.raises(UnreadableInput, match="No such file or directory"):
        load(tmp_path / "none.json")
    with pytest.raises(UnreadableInput, match="not a regular file, but a folder"):
        load(tmp_path)


def test_empty(file: Path) -> None:
    assert "empty" in refused(file, b"").says
    assert "empty" in refused(file, b" \n").says


def test_cut_short_anywhere(file: Path) -> None:
    whole = encode(snapshot()).rstrip()
    for length in range(1, len(whole), 211):
        assert "cut short" in refused(file, whole[:length]).says


@pytest.mark.parametrize("content", [b"hello", b"\xff\xfe\x00", b"{'a': 1}", b"<html>", b"NaN", b"\x00" * 100])
def test_not_json(file: Path, content: bytes) -> None:
    assert "not JSON" in refused(file, content).says


@pytest.mark.parametrize("content", ["{}", "[]", "1", "null", '"x"', '{"snapshot": "1"}', '{"schema": 1}', "[1, 2]"])
def test_json_but_no_snapshot(file: Path, content: str) -> None:
    error = refused(file, content)
    assert "not a snapshot of dockworthy" in error.says and "dockworthy facts" in error.hint


def test_from_the_future(file: Path) -> None:
    spoilt = document(file) | {"snapshot": SNAPSHOT_VERSION + 6, "tool": {"name": "dockworthy", "version": "9.1"}}
    spoilt["engine"] = "a shape of then"
    error = refused(file, spoilt)
    assert f"version {SNAPSHOT_VERSION + 6} (written by dockworthy 9.1)" in error.says
    assert f"up to version {SNAPSHOT_VERSION}" in error.says
    assert "upgrade dockworthy" in error.hint
    assert "upgrade" in refused(file, {"snapshot": 99}).hint


@pytest.mark.parametrize("version", [0, -1, -(10**30)])
def test_versions_that_never_were(file: Path, version: int) -> None:
    assert "version" in refused(file, document(file) | {"snapshot": version}).says


def test_an_older_one_without_fields_that_came_later_and_with_keys_we_do_not_know(file: Path) -> None:
    old = document(file)
    del old["id"], old["engine"]["unread"], old["engine"]["plugins"]
    old["later"] = old["host"]["later"] = {"x": [1]}
    file.write_text(json.dumps(old))
    loaded = load(file)
    assert isinstance(loaded.engine.plugins, Unknown)
    assert isinstance(loaded.engine.containers, Set)


@pytest.mark.parametrize(
    ("path", "value", "place"),
    [
        ("taken", 7, "$.taken"),
        ("host", [], "$.host"),
        ("host.as_root", "yes", "$.host.as_root"),
        ("host.cpus", {"is": "set", "value": "two", "source": {"where": "x"}}, "$.host.cpus"),
        ("host.cpus", {"is": "perhaps"}, "$.host.cpus"),
        ("engine.containers.value", {"a": 1}, "$.engine.containers.value"),
        ("engine.containers.value.0.inspect.value", [1], "$.engine.containers.value[0].inspect.value"),
        ("engine.containers.value.0.id", None, "$.engine.containers.value[0].id"),
    ],
)
def test_values_of_the_wrong_kind_name_their_place(file: Path, path: str, value: Any, place: str) -> None:
    spoilt = document(file)
    *steps, last = path.split(".")
    inside: Any = spoilt
    for step in steps:
        inside = inside[int(step) if step.isdigit() else step]
    inside[int(last) if last.isdigit() else last] = value
    assert place in refused(file, spoilt).says


def test_nested_without_end(file: Path) -> None:
    assert "not a snapshot" in refused(file, b"[" * 1_000_000).says
    deep = '{"snapshot": 1, "x": ' + "[" * 100_000 + "]" * 100_000 + "}"
    assert "nested deeper" in refused(file, deep).says


@pytest.mark.parametrize("number", ["NaN", "Infinity", "1e999", "1" + "0" * 5000, "-1e-999999", "0x10"])
def test_numbers_that_are_none(file: Path, number: str) -> None:
    text = json.dumps(document(file)).replace('"cpus":', f'"cpus": {{"is": "set", "value": {number}}}, "x":', 1)
    refused(file, text)


def test_too_large(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dockworthy.facts.saved.LARGEST", 1 << 20)
    assert "larger than 1 MiB" in refused(file, b" " * (2 << 20)).says


@settings(max_examples=examples(200), deadline=None)
@given(content=st.binary(max_size=300))
def test_any_bytes_are_a_clear_refusal(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    refused(tmp_path_factory.getbasetemp() / "any.json", content)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=10,
)


@settings(max_examples=examples(200), deadline=None)
@given(spoilt=_JSON, place=st.sampled_from(["taken", "tool", "host", "engine", "id", "host.kernel", "engine.images"]))
def test_any_json_in_any_place_loads_or_is_refused(
    tmp_path_factory: pytest.TempPathFactory, spoilt: Any, place: str
) -> None:
    file = tmp_path_factory.getbasetemp() / "spoilt.json"
    content = document(file)
    first, _, second = place.partition(".")
    if second:
        content[first][second] = spoilt
    else:
        content[first] = spoilt
    file.write_text(json.dumps(content))
    try:
        assert isinstance(load(file), Snapshot)
    except UnreadableInput as error:
        assert error.file == str(file)


def test_a_thousand_containers_load_at_once(file: Path) -> None:
    save(snapshot(1000), file)
    begun = time.process_time()
    assert load(file).engine.containers is not None
    assert time.process_time() - begun < 1
