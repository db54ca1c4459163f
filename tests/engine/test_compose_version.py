"""Which Compose is new enough."""

from __future__ import annotations

import pytest

from dockworthy.engine.docker_command import CommandDone, must_be_new_enough
from dockworthy.errors import UsageError


def said(version: str) -> CommandDone:
    return CommandDone(0, f"{version}\n".encode(), b"")


@pytest.mark.parametrize("version", ["2.20.0", "v2.26.1-4", "5.0.0", "dev"])
def test_new_enough_or_not_known_to_be_old(version: str) -> None:
    must_be_new_enough(said(version), "deploys need")


@pytest.mark.parametrize("version", ["1.29.2", "v2.19.9"])
def test_too_old(version: str) -> None:
    with pytest.raises(UsageError, match=r"deploys need Docker Compose 2\.20 or newer, and here is [12]\."):
        must_be_new_enough(said(version), "deploys need")
