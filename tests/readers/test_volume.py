"""Volumes: sizes from disk use of old and new engines, anonymous ones by label or by name."""

from __future__ import annotations

from typing import Any

import pytest
from engine_facts import engine, somewhere_else
from hypothesis import given

from dockworthy.model.field import Set, Unknown
from dockworthy.readers.volume import read_volumes

WHOLE: dict[str, Any] = {
    "Name": "data",
    "Driver": "local",
    "Mountpoint": "/var/lib/docker/volumes/data/_data",
    "CreatedAt": "2026-11-01T00:00:00Z",
    "Options": {"type": "nfs", "o": "addr=10.0.0.2", "device": ":/x"},
    "Labels": {"owner": "shop"},
}
USED = {"Name": "data", "UsageData": {"Size": 4096, "RefCount": 1}}


def test_what_a_volume_is() -> None:
    (seen,) = read_volumes(engine(volumes=[WHOLE], disk_usage={"Volumes": [USED]}), {"data": ("db",)})
    assert (seen.name, seen.driver, seen.used_by, seen.anonymous) == ("data", "local", ("db",), False)
    assert seen.options["o"] == "addr=10.0.0.2"
    assert isinstance(seen.size, Set) and seen.size.value == 4096


@pytest.mark.parametrize("usage", [{"Volumes": [USED]}, {"VolumeUsage": {"Items": [USED], "TotalSize": 4096}}])
def test_size_in_the_words_of_old_and_new_engines(usage: dict[str, Any]) -> None:
    (seen,) = read_volumes(engine(volumes=[WHOLE], disk_usage=usage), {})
    assert isinstance(seen.size, Set) and seen.size.value == 4096


@pytest.mark.parametrize(
    "usage",
    [
        {"Volumes": []},
        {"Volumes": [{"Name": "data", "UsageData": {"Size": -1}}]},
        {"Volumes": [{"Name": "data", "UsageData": {"Size": "much"}}]},
        {"Volumes": [{"Name": "data"}]},
        Unknown("not measured in time"),
    ],
)
def test_size_that_was_not_measured_is_unknown(usage: Any) -> None:
    (seen,) = read_volumes(engine(volumes=[WHOLE], disk_usage=usage), {})
    assert isinstance(seen.size, Unknown) and seen.size.reason


@pytest.mark.parametrize(
    ("changed", "anonymous"),
    [
        ({"Labels": {"com.docker.volume.anonymous": ""}}, True),
        ({"Name": "0123456789abcdef" * 4}, True),
        ({"Name": "0123456789ABCDEF" * 4}, False),
        ({"Name": "a" * 63}, False),
        ({"Labels": None}, False),
    ],
)
def test_anonymous_by_label_or_by_name(changed: dict[str, Any], anonymous: bool) -> None:
    (seen,) = read_volumes(engine(volumes=[WHOLE | changed]), {})
    assert seen.anonymous is anonymous


def test_no_list_is_no_volume() -> None:
    assert read_volumes(engine(volumes=Unknown("the engine went silent")), {}) == ()


@given(somewhere_else({"volume": WHOLE, "usage": {"Volumes": [USED], "VolumeUsage": {"Items": [USED]}}}))
def test_any_json_anywhere_gives_a_volume(odd: Any) -> None:
    volume = odd["volume"] if isinstance(odd["volume"], dict) else {}
    usage = odd["usage"] if isinstance(odd["usage"], dict) else {}
    (seen,) = read_volumes(engine(volumes=[volume], disk_usage=usage), {})
    assert isinstance(seen.name, str)
    assert isinstance(seen.size, Set | Unknown)
