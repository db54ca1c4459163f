"""Valkey and Redis for tests: the distribution's own, in images that start as the widely used ones do, with
/data to write to."""

from __future__ import annotations

import shutil

import pytest

from .engines import OwnEngine
from .images import busybox_root

UID = 999
PRODUCTS = ("valkey", "redis")


def installed(product: str) -> None:
    """Skips the test where the distribution's server is not there."""
    if shutil.which(f"{product}-server") is None:
        pytest.skip(f"{product}-server is not installed (sudo ./test installs it)")


def image_of(product: str) -> str:
    return f"dockworthy-test-{product}:1.0"


def make_key_value_image(engine: OwnEngine, product: str) -> str:
    """Returns its name."""
    installed(product)
    changes = ("ENV PATH=/bin", "VOLUME /data", "WORKDIR /data", f'CMD ["{product}-server"]')
    words = [word for change in changes for word in ("--change", change)]
    programs = (f"{product}-server", f"{product}-cli")
    engine.docker("import", *words, "-", image_of(product), input=busybox_root(*programs))
    return image_of(product)
