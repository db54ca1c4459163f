"""Images that no registry has go with a project's backup: once each, as long as a backup needs them, and back."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs

from backup.repositories import needs_restic, opened, restic
from dockworthy.backup.images import images_tag, save_images, short_id
from dockworthy.backup.retention import forget_old
from dockworthy.engine.site import host_alone
from dockworthy.model.backup import ProjectImage
from dockworthy.model.backup_settings import Keep
from machines.engines import OwnEngine
from machines.images import make_image

from .one_service import OneService

OLD = "2020-01-01T00:00:00+00:00"


def image(letter: str, **more: Any) -> ProjectImage:
    return ProjectImage(id=f"sha256:{letter * 64}", **more)


@needs_restic
@pytest.mark.program
def test_an_image_stays_as_long_as_a_backup_needs_it(tmp_path: Path) -> None:
    async def left_after_forgetting() -> set[str]:
        async with opened(tmp_path) as repository:

            async def saved(name: str, **tags: str) -> Any:
                made = await repository.save_bytes(name, name.encode(), tags=tags)
                return structs.replace(made, time=OLD)

            needed, unneeded, young = [
                await saved(letter, part="image", image=letter * 16) for letter in ("a", "b", "c")
            ]
            young = structs.replace(young, time=(await repository.snapshots())[-1].time)
            tags = images_tag([image("a", snapshot=needed.id), image("d", digests=("d@sha256:d",))])
            kept = await saved("manifest", run="1" * 16, scope="shop", part="manifest", **tags)
            snapshots = [needed, unneeded, young, kept]
            await forget_old(repository, snapshots, "shop", Keep(), [], say=print)
            assert {needed.id, young.id, kept.id} == {each.id for each in await repository.snapshots()}
            assert tags == {"images": "a" * 16}
            return {unneeded.id}

    assert asyncio.run(left_after_forgetting())


@needs_restic
@pytest.mark.program
def test_what_was_saved_before_is_taken_unless_it_may_be_on_its_way_out(tmp_path: Path) -> None:
    async def runs() -> None:
        async with opened(tmp_path) as repository, host_alone(command="backup") as site:
            made = await repository.save_bytes("a", b"a", tags={"part": "image", "image": "a" * 16})
            manifest = structs.replace(made, id="e" * 64, tags={"part": "manifest", "images": "a" * 16})
            for known in ([made], [structs.replace(made, time=OLD), manifest]):
                (found,) = await save_images(site, repository, [image("a")], known, say=print)
                assert found.snapshot == made.id
            (found,) = await save_images(site, repository, [image("b", digests=("b@sha256:b",))], [], say=print)
            assert found.snapshot == "", "a registry has it"
            with pytest.raises(Exception, match="can't be saved"):  # this site has no engine
                await save_images(site, repository, [image("a")], [structs.replace(made, time=OLD)], say=print)

    asyncio.run(runs())


@pytest.fixture
def project(own_engine: OwnEngine, tmp_path: Path) -> Iterator[OneService]:
    called, filled = "backup-images-shop:1", "backup-images-filled"
    make_image(own_engine, called, "LABEL made=here")
    large = "busybox head -c 20000000 /dev/urandom >/large"  # restic tells parts of some megabytes apart
    own_engine.docker("run", "--name", filled, called, "sh", "-c", large)
    own_engine.docker("commit", "--change", 'CMD ["sleep", "86400"]', filled, called)
    own_engine.docker("rm", filled)
    made = OneService(own_engine, tmp_path, "backup-images", {"image": called})
    try:
        yield made
    finally:
        made.down()
        own_engine.docker("image", "rm", "--force", called, "backup-images-shop:2", check=False)


@needs_restic
@pytest.mark.engine
def test_an_image_is_saved_once_and_comes_back_for_a_drill(project: OneService, tmp_path: Path) -> None:
    engine = project.engine
    project.up()
    project.inside("echo kept >/data/a")
    id = engine.inspect("backup-images-shop:1")["Id"]
    plan = " ".join(project.dockworthy("backup", "--dry-run").split())
    assert "the image backup-images-shop:1 (" in plan and "which no registry has" in plan
    told = json.loads(project.dockworthy("backup", "--dry-run", "--format", "json"))["images"]
    assert [(each["id"], each["services"], each["digests"]) for each in told] == [(id, ["app"], [])]

    assert "image backup-images-shop:1: to " in project.dockworthy("backup")
    assert "image backup-images-shop:1: to " not in project.dockworthy("backup"), "it is there already"
    listed = json.loads(_restic(tmp_path, "snapshots", "--json"))
    images = [each for each in listed if f"dockworthy:image={short_id(id)}" in each["tags"]]
    manifests = [each for each in listed if f"dockworthy:images={short_id(id)}" in each["tags"]]
    assert len(images) == 1 and len(manifests) == 2
    page = project.dockworthy("backup", "kit")
    assert f"restic dump {images[0]['id'][:16]} image.tar | docker load" in page
    assert f"docker tag {id} backup-images-shop:1" in page

    project.inside("echo more >/more")
    engine.docker("commit", project.container, "backup-images-shop:2")
    project.service["image"] = "backup-images-shop:2"
    project.write()
    project.up()
    project.dockworthy("backup")
    second = engine.inspect("backup-images-shop:2")["Id"]
    listed = json.loads(_restic(tmp_path, "snapshots", "--json"))
    added = [
        next(each["summary"] for each in listed if f"dockworthy:image={short_id(image)}" in each["tags"])
        for image in (id, second)
    ]
    first, other = (each["data_added_packed"] for each in added)
    assert other < first / 2, "what both images have is in the repository once"

    project._compose("down", "--timeout", "0")
    engine.docker("image", "rm", "backup-images-shop:2", "backup-images-shop:1")
    said = " ".join(project.dockworthy("drill", "restore").split())
    assert "it comes out of the backup" in said and "proven: 1.backup" in said
    assert engine.docker("image", "inspect", second, check=False).returncode, "the drill leaves nothing"


def _restic(folder: Path, *words: str) -> str:
    """With the names of a project's folder."""
    for name, file in (("r", "repository"), ("key", "backup.key")):
        if not (folder / name).exists():
            (folder / name).symlink_to(file)
    return restic(folder, *words)
