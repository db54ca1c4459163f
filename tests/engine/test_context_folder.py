"""A docker context in a home that may be somebody else's."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from dockworthy.engine.context import current_context, write_context


def test_a_link_that_waits_there_is_not_followed(tmp_path: Path) -> None:
    victim, home = tmp_path / "of-root", tmp_path / "home"
    victim.write_text("secret")
    place = home / "contexts" / "meta" / hashlib.sha256(b"shop").hexdigest()
    place.mkdir(parents=True)
    (place / f".meta.json.{os.getpid()}").symlink_to(victim)
    write_context(home, "shop", "ssh://shop")
    assert victim.read_text() == "secret"
    found = current_context({"DOCKER_CONFIG": str(home), "DOCKER_CONTEXT": "shop"})
    assert found is not None and found.host == "ssh://shop"
