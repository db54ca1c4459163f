"""Dockerfiles, as BuildKit reads them."""

from __future__ import annotations

from .build import read_dockerfile
from .recognition import is_dockerfile, may_be_dockerfile

__all__ = ["is_dockerfile", "may_be_dockerfile", "read_dockerfile"]
