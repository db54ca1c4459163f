"""Where a volume's options lead on the host."""

from __future__ import annotations

from typing import Any

import pytest
from asked import outcome


def volume(device: str, o: str = "bind", kind: str = "none") -> dict[str, Any]:
    options = {"type": kind, "o": o, "device": device}
    return {"engine": {"volumes": [{"Name": "x", "Driver": "local", "Options": options}]}}


@pytest.mark.parametrize(
    ("device", "expected"),
    [
        ("/", "fail"),
        ("/run", "fail"),
        ("/run/docker.sock", "fail"),
        ("/var", "fail"),
        ("/var/lib", "fail"),
        ("/var/lib/docker/volumes", "fail"),
        ("/srv/../etc", "fail"),
        ("//etc//", "fail"),
        ("/home", "fail"),
        ("/home/shop/data", "pass"),
        ("/srv/shop", "pass"),
        ("/var/libx", "pass"),
        ("/etcetera", "pass"),
        ("", "pass"),
    ],
)
def test_bound_path(device: str, expected: str) -> None:
    assert outcome("volume/host-path", volume(device)) == expected


def test_a_disk_is_a_path_too() -> None:
    assert outcome("volume/host-path", volume("/dev/sda1", "", "ext4")) == "fail"


def test_a_share_of_another_machine_is_no_path() -> None:
    assert outcome("volume/host-path", volume("//nas/etc", "guest", "cifs")) == "pass"
    assert outcome("volume/host-path", volume(":/etc", "addr=10.0.0.2", "nfs")) == "pass"


def test_a_volume_in_use_is_judged_at_its_container() -> None:
    used = volume("/etc")
    used["engine"]["containers"] = [{"name": "web", "inspect": {"Mounts": [{"Type": "volume", "Name": "x"}]}}]
    assert outcome("volume/host-path", used) == "not_applicable"


@pytest.mark.parametrize(
    ("kind", "o", "expected"),
    [
        ("nfs", "addr=10.0.0.2,sec=sys", "fail"),
        ("nfs4", "addr=10.0.0.2,sec=krb5", "fail"),
        ("nfs4", "addr=10.0.0.2,sec=krb5p", "pass"),
        ("nfs", "addr=127.0.0.1,port=2049", "pass"),
        ("smb3", "seal,username=x", "pass"),
        ("cifs", "sealed", "fail"),
        ("tmpfs", "size=1g", "not_applicable"),
        ("", "", "not_applicable"),
    ],
)
def test_transport(kind: str, o: str, expected: str) -> None:
    assert outcome("volume/encrypted-transport", volume(":/x", o, kind)) == expected
