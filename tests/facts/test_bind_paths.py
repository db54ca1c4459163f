"""Binds lead where their links lead."""

from __future__ import annotations

from pathlib import Path

from dockworthy.facts.bind_paths import resolved_binds
from dockworthy.facts.host.root import Root


def test_links_in_binds_and_in_volume_options_are_followed(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "var").mkdir()
    (tmp_path / "var/run").symlink_to("/run")
    (tmp_path / "srv").mkdir()
    (tmp_path / "srv/harmless").symlink_to("../etc")
    (tmp_path / "etc").mkdir()
    inspect = {
        "Mounts": [
            {"Type": "bind", "Source": "/var/run/docker.sock"},
            {"Type": "bind", "Source": "/srv"},
            {"Type": "volume", "Name": "sly", "Source": "/var/lib/docker/volumes/sly/_data"},
            "odd",
            {"Type": "bind", "Source": 5},
        ]
    }
    volumes = [
        {"Name": "sly", "Options": {"o": "bind", "device": "/srv/harmless"}},
        {"Name": "other", "Options": {"o": "bind", "device": "/var/run"}},
        {"Name": "plain", "Options": None},
    ]
    assert resolved_binds(inspect, volumes, Root(tmp_path)) == {
        "/var/run/docker.sock": "/run/docker.sock",
        "/srv/harmless": "/etc",
    }


def test_a_loop_of_links_is_left_as_it_is_written(tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    assert resolved_binds({"Mounts": [{"Type": "bind", "Source": "/a"}]}, [], Root(tmp_path)) == {}
