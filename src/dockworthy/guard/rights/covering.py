"""Does a role that is limited to projects or images reach an object?"""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatchcase

from ...model.guard_policy import Binding
from ...model.image_names import in_full, in_short
from .touched import Touched


def is_limited(binding: Binding) -> bool:
    return bool(binding.projects or binding.images)


def within(binding: Binding, each: Touched, *, looks: bool, secrets: bool = False) -> bool:
    """`looks`: an image is only looked at, or fetched: one of no project is then everybody's. `secrets`: with the
    values of its environment, which are everybody's only if the image is a registry's."""
    if each.kind == "image":
        if binding.projects and each.is_local and each.project not in binding.projects and (each.project or secrets):
            return False
        if not binding.images:
            return looks
    if each.kind not in ("image", "node", "plugin") and binding.projects and each.project not in binding.projects:
        return False
    return not binding.images or each.image is None or _is_one_of(each.image, binding.images)


def _is_one_of(image: str, patterns: Sequence[str]) -> bool:
    written = (image, in_full(image), in_short(image)) if not image.startswith("sha256:") else (image,)
    return any(fnmatchcase(each, pattern) for each in written for pattern in patterns)


__all__ = ["is_limited", "within"]
