"""Does a role that is limited to projects or images reach an object?"""

from __future__ import annotations

from fnmatch import fnmatchcase

from ...model.guard_policy import Binding
from .touched import Touched


def is_limited(binding: Binding) -> bool:
    return bool(binding.projects or binding.images)


def within(binding: Binding, each: Touched, *, looks: bool) -> bool:
    """`looks`: an image that is only looked at, or fetched, is of no project."""
    if each.kind == "image" and not binding.images:
        return looks
    if each.kind not in ("image", "node", "plugin") and binding.projects and each.project not in binding.projects:
        return False
    return not binding.images or each.image is None or any(fnmatchcase(each.image, one) for one in binding.images)


__all__ = ["is_limited", "within"]
