"""What changed in a container, read from its layer; and that the engine says the same."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest

from dockworthy.facts.containers import Layer, changes_in, layer_of
from dockworthy.facts.engine import read_engine
from dockworthy.facts.redaction import Redactor
from dockworthy.model.field import Set
from machines.engines import OwnEngine

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can make a whiteout, which is a device")


@pytest.fixture
def layer(tmp_path: Path) -> Layer:
    for folder in ("upper", "init", "base"):
        (tmp_path / folder).mkdir()
    (tmp_path / "base" / "etc").mkdir()
    (tmp_path / "base" / "etc" / "passwd").write_text("root")
    return Layer(str(tmp_path / "upper"), (str(tmp_path / "init"), str(tmp_path / "base")))


def test_nothing_changed(layer: Layer) -> None:
    assert changes_in(layer, 10) == ()


def test_added_and_changed_parents_first(layer: Layer) -> None:
    upper = Path(layer.upper)
    (upper / "etc").mkdir()
    (upper / "etc" / "passwd").write_text("me")
    (upper / "etc" / "new").write_text("")
    (upper / "opt" / "x").mkdir(parents=True)
    assert changes_in(layer, 10) == ("C /etc", "A /opt", "A /etc/new", "C /etc/passwd", "A /opt/x")


@needs_root
def test_deleted_and_made_again(layer: Layer) -> None:
    upper, init = Path(layer.upper), Path(layer.lower[0])
    (upper / "etc").mkdir()
    os.mknod(upper / "etc" / "passwd", 0o20000, os.makedev(0, 0))
    (init / "gone").parent.mkdir(exist_ok=True)
    os.mknod(init / "gone", 0o20000, os.makedev(0, 0))
    (Path(layer.lower[1]) / "gone").write_text("deleted by a layer above")
    (upper / "gone").write_text("new")
    assert changes_in(layer, 10) == ("C /etc", "A /gone", "D /etc/passwd")


def test_only_so_many(layer: Layer) -> None:
    for number in range(20):
        (Path(layer.upper) / f"{number:02}").write_text("")
    assert changes_in(layer, 3) == ("A /00", "A /01", "A /02")


def test_links_are_not_followed(layer: Layer, tmp_path: Path) -> None:
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret" / "name").write_text("")
    (Path(layer.upper) / "out").symlink_to(tmp_path / "secret")
    assert changes_in(layer, 10) == ("A /out",)


def test_names_that_are_not_text(layer: Layer) -> None:
    (Path(layer.upper) / os.fsdecode(b"a\xff\nb")).write_text("")
    assert changes_in(layer, 10) == ("A /a�\nb",)


def test_a_layer_that_can_not_be_read(layer: Layer) -> None:
    assert changes_in(layer._replace(upper=f"{layer.upper}/none"), 10) is None


@pytest.mark.parametrize(
    "graph",
    [
        None,
        [],
        {},
        {"Name": "btrfs", "Data": {"UpperDir": "/u", "LowerDir": "/l"}},
        {"Name": "overlay2", "Data": None},
        {"Name": "overlay2", "Data": {"UpperDir": 1, "LowerDir": "/l"}},
        {"Name": "overlay2", "Data": {"UpperDir": "u", "LowerDir": "/l"}},
    ],
)
def test_layers_that_are_kept_in_another_way(graph: object) -> None:
    assert layer_of({"GraphDriver": graph}, Path("/")) is None


def test_where_the_layer_is() -> None:
    inspect = {"GraphDriver": {"Name": "overlay2", "Data": {"UpperDir": "/u", "LowerDir": "/a:/b"}}}
    assert layer_of(inspect, Path("/")) == Layer("/u", ("/a", "/b"))
    assert layer_of(inspect, Path("/host")) == Layer("/host/u", ("/host/a", "/host/b"))


@pytest.mark.engine
def test_the_engine_says_the_same(own_engine: OwnEngine, container: object) -> None:
    change = "echo x >/new; echo y >>/etc/passwd; mkdir -p /var/lib/x; >/var/lib/x/y; cd /bin; busybox rm nc; sleep 600"
    name = container("--network", "none", command=("sh", "-c", change))  # type: ignore[operator]
    here: frozenset[str] = frozenset()
    for _ in range(100):  # until its command has made the last change
        here = _changes(own_engine.endpoint, name, Path("/"))
        if "D /bin/nc" in here:
            break
    elsewhere = _changes(own_engine.endpoint, name, None)
    assert here == elsewhere
    assert {"A /new", "C /etc/passwd", "D /bin/nc", "A /var/lib/x/y"} <= here


def _changes(endpoint: str, name: str, root: Path | None) -> frozenset[str]:
    facts = asyncio.run(read_engine(endpoint, root=root, redactor=Redactor(b"key")))
    assert isinstance(facts.containers, Set)
    changes = next(one.changes for one in facts.containers.value if one.name == name)
    assert isinstance(changes, Set), changes
    return frozenset(changes.value)
