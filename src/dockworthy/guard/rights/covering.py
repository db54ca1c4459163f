"""Does a role that is limited to projects or images reach an object?"""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatchcase

from ...model.guard_policy import Binding
from ...model.image_names import in_full, in_short
from .touched import Touched


def is_limited(binding: Binding) -> bool:
    return bool(binding.projects or binding.images)


def within(binding: Binding, each: Touched, *, looks: bool) -> bool:
    """`looks`: an image that is only looked at, or fetched, is of no project."""
    if each.kind == "image" and not binding.images:
        return looks
    if each.kind not in ("image", "node", "plugin") and binding.projects and each.project not in binding.projects:
        return False
    return not binding.images or each.image is None or _is_one_of(each.image, binding.images)


def _is_one_of(image: str, patterns: Sequence[str]) -> bool:
    written = (image, in_full(image), in_short(image)) if not image.startswith("sha256:") else (image,)
    return any(fnmatchcase(each, pattern) for each in written for pattern in patterns)


__all__ = ["is_limited", "within"]
