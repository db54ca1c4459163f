"""Where a repository is: what of it is shown, and whether its disk is there."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dockworthy.backup.repository_place import (
    StorePlace,
    local_folder,
    place_for_restic,
    place_id,
    scheme_of,
    secrets_in,
    shown_place,
    ssh_to,
    store_place,
    unmounted,
)
from dockworthy.backup.snapshots import file_name, tag_words, tags_in
from dockworthy.errors import UsageError


@pytest.mark.parametrize(
    ("place", "shown", "secrets"),
    [
        ("/mnt/usb/a:b@c", "/mnt/usb/a:b@c", ()),
        ("sftp:backup@vault:/srv/shop", "sftp:backup@vault:/srv/shop", ()),
        ("sftp://backup@vault:2222//srv/shop", "sftp://backup@vault:2222//srv/shop", ()),
        ("rest:https://shop:s3@cret@vault/x", "rest:https://vault/x", ("shop:s3@cret", "s3@cret")),
        ("rest:https://vault:8000/x?token=abc", "rest:https://vault:8000/x?***", ("token=abc",)),
        ("s3:https://host/bucket", "s3:https://host/bucket", ()),
        ("rclone::sftp,host=vault,pass=abc:shop", "rclone::sftp,host=***,pass=***:shop", ("vault", "abc")),
    ],
)
def test_what_is_shown(place: str, shown: str, secrets: tuple[str, ...]) -> None:
    assert (shown_place(place), secrets_in(place)) == (shown, secrets)
    assert place_id(place) == place_id(shown)


def test_schemes() -> None:
    assert [scheme_of(place) for place in ("/a", "local:/a", "b2:bucket:path")] == ["local", "local", "b2"]
    assert [local_folder(place) for place in ("/a", "local:/a", "b2:bucket:path")] == ["/a", "/a", ""]
    for place in ("a", "./a", "local:a", "ftp://host", "http://host", "", ":"):
        with pytest.raises(UsageError):
            scheme_of(place)


def test_a_disk_that_fstab_names_and_nobody_mounted() -> None:
    fstab = "# /dev/x /mnt ext4\n/dev/a / ext4 defaults\n/dev/b /mnt/my\\040usb/ ext4 noauto\n/dev/c none swap sw\n"
    mounts = "/dev/a / ext4 rw 0 0\n"
    there = f"{mounts}/dev/b /mnt/my\\040usb ext4 rw 0 0\n"
    assert unmounted("/mnt/my usb/shop", fstab, mounts) == "/mnt/my usb"
    assert unmounted("/mnt/my usb", fstab, mounts) == "/mnt/my usb"
    assert unmounted("/mnt/my usb/shop", fstab, there) == ""
    assert unmounted("/mnt/my usb2/shop", fstab, mounts) == ""
    assert unmounted("/srv/shop", fstab, mounts) == ""
    assert unmounted("/srv/shop", "", "") == ""
    assert unmounted("/mnt/my usb/deep/shop", fstab, f"{mounts}x /mnt/my\\040usb/deep ext4\n") == ""


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)


@given(st.dictionaries(texts, texts, max_size=5))
def test_tags_are_read_again_as_they_were(tags: dict[str, str]) -> None:
    words = tag_words(tags).split(",")
    assert len(words) == len(tags) + 1 and words[0] == "dockworthy"
    assert all(word == word.strip() and word.isascii() and word.isprintable() for word in words)
    assert tags_in([*words, "others", "dockworthy", "dockworthy:x", "other:a=b"]) == tags


@given(texts, texts)
def test_no_two_names_are_one_file(one: str, two: str) -> None:
    try:
        files = file_name(one), file_name(two)
    except UsageError:
        return
    assert (files[0] == files[1]) == (one == two)
    assert "/" not in files[0] and files[0].isprintable()


@pytest.mark.parametrize(
    ("place", "read", "alone"),
    [
        (
            "ssh:backup-shop@vault:/srv/backups/shop",
            StorePlace("backup-shop", "vault", "/srv/backups/shop"),
            "sftp:root@vault:/srv/backups/shop/repository",
        ),
        (
            "ssh://backup-shop@vault:2222/srv/shop",
            StorePlace("backup-shop", "vault", "/srv/shop", 2222),
            "sftp://root@vault:2222//srv/shop/repository",
        ),
        ("ssh://b@[fe80::1]/a/b", StorePlace("b", "fe80::1", "/a/b"), "sftp://root@[fe80::1]//a/b/repository"),
    ],
)
def test_stores_on_other_hosts(place: str, read: StorePlace, alone: str) -> None:
    assert store_place(place) == read and read.written == place
    assert place_for_restic(place) == alone
    assert (scheme_of(place), shown_place(place), secrets_in(place)) == ("ssh", place, ())


@pytest.mark.parametrize(
    "place",
    ["ssh:vault:/a", "ssh:b@vault", "ssh:b@vault:a", "ssh:-b@vault:/a", "ssh:b@-vault:/a", "ssh:b@vault:/a b",
     "ssh:b@vault:/a/../b", "ssh:b@vault:/", "ssh://b@vault:99999/a", "ssh:b@vault:/a'$(id)", "ssh:b c@vault:/a"],
)  # fmt: skip
def test_what_is_no_store(place: str) -> None:
    with pytest.raises(UsageError, match="no append-only store"):
        store_place(place)
    assert store_place("sftp:b@vault:/a") is None


def test_a_store_is_reached_by_its_own_key_alone() -> None:
    words = ssh_to(StorePlace("b", "vault", "/a", 2222), "/state/x")
    assert words[:6] == ("ssh", "-T", "-F", "none", "-i", "/state/x/ssh_key")
    assert words[-3:] == ("-p", "2222", "b@vault") and "-oStrictHostKeyChecking=yes" in words
