"""The archive that the shop's images are made on: a small root file system of the distribution, with Python and its
PostgreSQL. `./test` makes it, for in a test is no network."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

_ROOT = Path(__file__).parents[2]


def shop_base(config: pytest.Config) -> Path:
    """Skips the test where it is not there."""
    cache = getattr(config, "cache", None)
    made_by = hashlib.sha256((_ROOT / "setup/shop/base.sh").read_bytes()).hexdigest()[:8]
    archive = cache.mkdir("debian") / f"shop-base-{made_by}.tar" if cache is not None else Path()
    if not archive.is_file():
        pytest.skip("no base for the shop: ./test makes one where it can, with mmdebstrap")
    return archive
