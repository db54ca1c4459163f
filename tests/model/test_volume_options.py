"""What the options of a volume mount, in the spellings that the engine and the kernel take."""

from __future__ import annotations

import pytest

from dockworthy.model.volume_options import VolumeKind, bound_path, volume_content

ENGINE, MEMORY, HOST, DISK, REMOTE, UNKNOWN = VolumeKind


@pytest.mark.parametrize(
    ("written", "kind"),
    [
        ({}, ENGINE),
        ({"size": "10G"}, ENGINE),
        ({"o": "bind"}, ENGINE),
        ({"type": "tmpfs", "device": "tmpfs", "o": "size=1m"}, MEMORY),
        ({"type": "ext4", "device": "/dev/vda"}, DISK),
        ({"type": "ext4", "device": "dev/vda"}, DISK),
        ({"device": "/dev/../dev/vda"}, DISK),
        ({"type": "xfs", "device": "/srv/link-to-a-disk"}, DISK),
        ({"type": "a-file-system-of-tomorrow", "device": "/dev/vda"}, DISK),
        ({"type": "tmpfs", "device": "/etc", "o": "size=1m,,rbind"}, HOST),
        ({"type": "nfs", "device": "/etc", "o": "bind,addr=10.0.0.2"}, HOST),
        ({"type": "proc", "device": "x"}, HOST),
        ({"type": "overlay", "device": "overlay", "o": "lowerdir=/a:/b"}, HOST),
        ({"type": "overlay", "device": "overlay"}, UNKNOWN),
        ({"type": "tmpfs", "device": "tmpfs", "o": "remount"}, UNKNOWN),
        ({"type": "zfs", "device": "tank/shop"}, UNKNOWN),
        ({"type": "nfs", "device": "shop", "o": "rw"}, UNKNOWN),
        ({"type": "none", "device": "/etc", "o": "hash:0011223344556677"}, UNKNOWN),
        ({"type": "cifs", "device": "//nas/shop", "o": "hash:0011223344556677"}, REMOTE),
        ({"type": "cifs", "device": "//localhost/c$"}, UNKNOWN),
        ({"type": "cifs", "device": "//nas/c$", "o": "ip=127.0.0.1"}, UNKNOWN),
        ({"type": "ceph", "device": "10.0.0.2:6789:/shop"}, REMOTE),
        ({"type": "nfs4", "device": ":/shop", "o": "addr=nas.example.com,ro"}, REMOTE),
        ({"type": "nfs4", "device": ":/shop", "o": "addr=10.0.0.2,addr=127.0.0.1"}, HOST),
        *(
            ({"type": "nfs", "device": ":/etc", "o": f"addr={here}"}, HOST)
            for here in ("127.0.0.1", "127.1", "0", "2130706433", "localhost", "LOCALHOST.", "::1", "::ffff:127.0.0.1")
        ),
        *(
            ({"type": "nfs", "device": ":/etc", "o": f"addr={here}"}, HOST)
            for here in (
                *("ip6-loopback", "localhost.localdomain", "a.localdomain", "localhost.example.com"),
                *("127.0.0.1 x", "127.0.0.1\tx"),
            )
        ),
        ({"type": "nfs", "device": ":/etc", "o": "addr=nas\0"}, REMOTE),
    ],
)
def test_kind(written: dict[str, str], kind: VolumeKind) -> None:
    assert volume_content("local", written).kind is kind


@pytest.mark.parametrize(
    "o",
    [
        r"lowerdir=/srv/a\\:/etc",  # an escaped backslash, and a colon that parts
        r"workdir=\\,lowerdir=/srv:/etc",
        r"lowerdir=/srv:/e\tc",
        r"lowerdir=/srv/a\\\\:/etc",
    ],
)
def test_an_escaped_backslash_escapes_nothing(o: str) -> None:
    """The kernel shows /etc by each of these."""
    folders = volume_content("", {"type": "overlay", "device": "overlay", "o": o}).folders
    assert "/etc" in [folder.path for folder in folders]


def test_layers_of_an_overlay() -> None:
    """A colon and a comma may be part of a layer's name; only the upper layer is written."""
    o = r"ro,index=off,lowerdir=/a\:b:/c\,d::etc,lowerdir+=/e:f"
    shown = volume_content("", {"type": "overlay", "device": "x", "o": o}).folders
    assert [folder.path for folder in shown] == ["/a:b", "/c,d", "/etc", "/e:f"]
    written = volume_content("", {"type": "overlay", "device": "x", "o": "lowerdir=/a,upperdir=/b,workdir=/w"}).folders
    assert [(folder.path, folder.read_only) for folder in written] == [("/a", True), ("/b", False), ("/w", False)]


def test_a_path_that_is_not_whole_begins_at_the_root() -> None:
    assert bound_path("", {"o": "bind", "device": "etc"}) == "/etc"
    assert bound_path("local", {"type": "sysfs", "device": "x"}) == "/sys"
    assert bound_path("rclone", {"o": "bind", "device": "/etc"}) == ""
    assert volume_content("rclone", {}).kind is UNKNOWN
