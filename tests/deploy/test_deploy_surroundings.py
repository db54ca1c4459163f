"""What the world around a deploy does: registries, disks, other projects, hands. The old release serves on."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from .shops import Shop

pytestmark = pytest.mark.engine

NOWHERE = "127.0.0.1:9/nobody:1"
"""Port 9 is discard: nobody listens there."""


@pytest.fixture
def small_disk(shop: Shop) -> Iterator[Path]:
    """The state folder on a file system of its own."""
    shop.state.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=512k", "tmpfs", str(shop.state)], check=True)
    yield shop.state
    subprocess.run(["umount", str(shop.state)], check=True)


def test_a_registry_that_does_not_answer_and_others_with_port_and_volume(shop: Shop) -> None:
    web = shop.service()
    shop.compose({"web": web, "db": shop.service(volumes=["data:/data"])}, volumes={"data": {}})
    shop.deploy()
    before, records = shop.containers(every=True), shop.releases()
    shop.compose({"web": {**web, "image": NOWHERE}})
    told = " ".join(shop.deploy(status=20).stderr.split())
    assert f"the image {NOWHERE} can't be pulled" in told and "connection refused" in told
    assert "is 127.0.0.1:9 up" in told

    other = "dockworthy-test-neighbour"
    run = (
        "run",
        "--detach",
        "--init",
        "--name",
        other,
        "--publish",
        "127.0.0.1::80",
        "--volume",
        f"{shop.name}_data:/x",
    )
    shop.engine.docker(*run, shop.image, "sleep", "1000")
    try:
        port = shop.engine.inspect(other)["NetworkSettings"]["Ports"]["80/tcp"][0]["HostPort"]
        shop.compose({"web": {**web, "ports": [f"{port}:80"]}})
        told = " ".join(shop.deploy(status=2).stderr.split())
        assert f"web publishes port {port} of the host, and {other} has it" in told and f"docker stop {other}" in told
        new = shop.service(volumes=["data:/data"], environment={"NEW": "1"})
        shop.compose({"web": web, "db": new}, volumes={"data": {}})
        told = " ".join(shop.deploy(status=1).stdout.split())
        assert f"which {other} writes to now" in told and "--accept data:shared" in told
    finally:
        shop.engine.docker("rm", "--force", other)
    assert (shop.containers(every=True), shop.releases()) == (before, records)


def test_what_was_changed_by_hand_is_kept_or_overwritten_by_choice(shop: Shop) -> None:
    shop.compose({"web": shop.service(environment={"LEVEL": "info"})})
    shop.deploy()
    shop.compose({"web": shop.service(environment={"LEVEL": "debug"})})
    shop.docker_compose("up", "--detach")
    shop.compose({"web": shop.service(environment={"LEVEL": "info", "NEW": "1"})})
    before = shop.containers()
    asked = " ".join(shop.deploy(status=1).stdout.split())
    assert "was changed by hand since release 1" in asked and "--accept web:by-hand" in asked
    assert "its definition changed: environment.NEW" in asked
    assert shop.containers() == before
    status = shop.dockworthy("releases", "status")
    assert "was changed by hand since release 1" in " ".join(status.stdout.split())
    shop.deploy("--accept", "web:by-hand")
    (web,) = shop.containers(every=True)
    assert "LEVEL=info" in shop.engine.inspect(web)["Config"]["Env"]


def test_a_full_disk_stops_a_deploy_before_anything_is_changed(shop: Shop, small_disk: Path) -> None:
    shop.compose({"web": shop.service()})
    shop.deploy()
    before = shop.containers(every=True)
    shop.compose({"web": shop.service(environment={"NEW": "1"})})
    with (small_disk / "filler").open("wb", buffering=0) as filler, pytest.raises(OSError, match="No space left"):
        while True:
            filler.write(b"x" * 4096)
    done = shop.deploy(status=15)
    assert "is the disk full" in " ".join(done.stderr.split()) and shop.containers(every=True) == before
    (small_disk / "filler").unlink()
    shop.deploy()
    assert [each["state"] for each in shop.releases()] == ["kept", "kept"]


def test_a_damaged_record_is_named_and_who_moves_it_away_goes_on(shop: Shop) -> None:
    shop.compose({"web": shop.service("sh", "-c", "trap '' TERM; while :; do sleep 1; done")})
    shop.deploy()
    before = shop.containers(every=True)
    record = shop.state / "releases" / shop.name / "1.json"
    whole = record.read_bytes()
    record.write_bytes(whole[:200])
    shop.compose({"web": shop.service(environment={"NEW": "1"})})
    told = shop.deploy(status=2).stderr
    assert "1.json" in told and "damaged" in told and shop.containers(every=True) == before
    record.unlink()
    shop.deploy()  # the old one ignores SIGTERM: its stop_grace_period is what it gets
    assert [each["number"] for each in shop.releases()] == [2]
