"""Images: once each, and whatever the engine says, a model."""

from __future__ import annotations

from typing import Any

from engine_facts import engine, image, known, somewhere_else
from hypothesis import given

from dockworthy.model.field import Set, Source, Unknown, Unset
from dockworthy.model.snapshot import ImageFacts
from dockworthy.model.workload import User
from dockworthy.readers.image import read_images

WHOLE: dict[str, Any] = {
    "RepoTags": ["shop:1", "shop:latest"],
    "RepoDigests": ["shop@sha256:b2"],
    "Created": "2026-11-01T00:00:00Z",
    "Size": 45,
    "Architecture": "arm64",
    "Config": {
        "User": "1000:staff",
        "Env": ["PATH=/bin", "EMPTY=", "ODD"],
        "Cmd": ["httpd", "-f"],
        "Labels": {"maker": "me"},
        "Volumes": {"/data": {}},
        "ExposedPorts": {"80/tcp": {}},
        "Healthcheck": {"Test": ["CMD", "/ok"], "Interval": 5_000_000_000},
    },
}


def test_one_image_under_many_tags_is_one() -> None:
    first, second = image("sha256:a1", **WHOLE), image("sha256:a1", **WHOLE)
    (seen,) = read_images(engine(images=[first, second]), {"sha256:a1": ("web", "db")})
    assert seen.tags == ("shop:1", "shop:latest")
    assert seen.used_by == ("web", "db")


def test_fields_and_where_they_stand() -> None:
    (seen,) = read_images(
        engine(images=[image("sha256:a1", [{"CreatedBy": "new"}, {"CreatedBy": "old"}], **WHOLE)]), {}
    )
    where = "GET /images/{id}/json"
    assert seen.user == Set(User(1000, group="staff"), Source(where, "Config.User"))
    assert seen.environment == Set({"PATH": "/bin", "EMPTY": "", "ODD": ""}, Source(where, "Config.Env"))
    assert seen.volumes == Set(("/data",), Source(where, "Config.Volumes"))
    assert seen.size == Set(45, Source(where, "Size"))
    assert seen.history == Set(("old", "new"), Source("GET /images/{id}/history", "CreatedBy"))
    assert isinstance(seen.health, Set) and seen.health.value.interval == 5


def test_what_nobody_wrote_is_a_fact() -> None:
    (seen,) = read_images(engine(images=[image("sha256:a1", Config={"User": "", "Volumes": None})]), {})
    assert isinstance(seen.user, Unset)
    assert isinstance(seen.volumes, Unset)
    assert isinstance(seen.health, Unset)


def test_nameless_is_no_name() -> None:
    (seen,) = read_images(engine(images=[image("a", RepoTags=["<none>:<none>"], RepoDigests=["<none>@<none>"])]), {})
    assert seen.tags == seen.digests == ()


def test_an_image_that_could_not_be_inspected_has_gaps_everywhere() -> None:
    gone = ImageFacts(id="a", inspect=Unknown("it was removed meanwhile"))
    (seen,) = read_images(engine(images=[gone]), {"a": ("web",)})
    gaps = (seen.user, seen.health, seen.created, seen.size, seen.environment, seen.command, seen.architecture)
    assert all(isinstance(gap, Unknown) and "removed" in gap.reason for gap in gaps)
    assert seen.used_by == ("web",)


def test_no_list_is_no_image() -> None:
    assert read_images(engine(images=Unknown("the engine went silent")), {}) == ()


@given(somewhere_else({"inspect": WHOLE, "history": [{"CreatedBy": "RUN make", "Size": 3}]}))
def test_any_json_anywhere_gives_an_image(odd: Any) -> None:
    inspect = odd["inspect"] if isinstance(odd["inspect"], dict) else {}
    history = [entry for entry in odd["history"] if isinstance(entry, dict)] if isinstance(odd["history"], list) else []
    facts = ImageFacts(id="sha256:a1", inspect=known(inspect), history=known(tuple(history)))
    (seen,) = read_images(engine(images=[facts]), {})
    assert seen.id == "sha256:a1"
    for field in (seen.user, seen.size, seen.created, seen.history, seen.environment, seen.ports):
        assert not isinstance(field, Unknown) or field.reason
