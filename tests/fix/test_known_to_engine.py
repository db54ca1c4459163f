"""What an engine tells for a repair: digests of images by every name that a file may give them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from dockworthy.cli.run import run
from dockworthy.facts.known_to_engine import digests_of
from engine.fake import fake_engine

A, B = "sha256:" + "a" * 64, "sha256:" + "b" * 64


def test_names_of_the_hub_are_one_image() -> None:
    known = digests_of([{"RepoTags": ["nginx:latest", "nginx:1.27"], "RepoDigests": [f"nginx@{A}"]}])
    assert {known[name] for name in ("nginx", "nginx:1.27", "docker.io/library/nginx:1.27", "docker.io/nginx")} == {A}
    of_a_user = digests_of([{"RepoTags": ["ann/shop:2"], "RepoDigests": [f"ann/shop@{A}"]}])
    assert set(of_a_user) == {"ann/shop:2", "docker.io/ann/shop:2", "index.docker.io/ann/shop:2"}


@pytest.mark.parametrize(
    "image",
    [
        {"RepoTags": ["shop:1"], "RepoDigests": []},
        {"RepoTags": ["shop:1"], "RepoDigests": None},
        {"RepoTags": ["shop:1"], "RepoDigests": [f"shop@{A}", f"shop@{B}"]},
        {"RepoTags": ["shop:1"], "RepoDigests": [f"r.example.com/shop@{A}"]},
        {"RepoTags": None, "RepoDigests": [f"shop@{A}"]},
    ],
)
def test_what_nobody_can_say_is_left_out(image: dict[str, Any]) -> None:
    assert "shop:1" not in digests_of([image])


def test_registry_with_a_port() -> None:
    image = {"RepoTags": ["localhost:5000/shop:1"], "RepoDigests": [f"localhost:5000/shop@{A}"]}
    assert digests_of([image]) == {"localhost:5000/shop:1": A}


async def test_file_is_pinned_to_what_the_engine_has(compose: Path, tmp_path: Path) -> None:
    import asyncio

    compose.write_text("services:\n  web:\n    image: 'shop:1' # ours\n  api:\n    image: other\n")
    answers = {
        "/images/json": [{"RepoTags": ["shop:1"], "RepoDigests": [f"shop@{A}"]}],
        "/info": {"LoggingDriver": "json-file"},
    }
    async with fake_engine(tmp_path, answers) as engine:
        status = await asyncio.to_thread(run, ["fix", "--engine", "--host", engine.endpoint, "compose.yaml"])
    assert status == 0
    fixed = compose.read_text()
    assert f"    image: 'shop:1@{A}' # ours\n" in fixed
    assert "    image: other\n" in fixed
    assert fixed.count("max-size") == 2


def test_engine_that_does_not_answer_changes_nothing(compose: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = compose.read_text()
    assert run(["fix", "--engine", "--host", "unix:///nowhere.sock", "compose.yaml"]) == 10
    assert "hint:" in capsys.readouterr().err and compose.read_text() == before
