"""Dockerfiles, as BuildKit reads them. (`build.read_dockerfile` is imported where one is read: others need not pay.)"""

from __future__ import annotations

from .recognition import is_dockerfile, may_be_dockerfile

__all__ = ["is_dockerfile", "may_be_dockerfile"]
