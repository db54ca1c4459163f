"""What deploys keep on a swarm, releases above all, and how that of admins is told from what anybody may have written.

A swarm does not tell who made an object. The guard does: nobody below admin gives this label, nor changes or removes
what has it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

OF_ADMINS: Final = "dockworthy.of-admins"
"""The label of a config or secret that an admin's deploy keeps."""
ADMINS_RULE: Final = "guard/kept-by-admins"
"""The guard's rule on that label. What it refuses, root's `dockworthy deploy` may, where the request proves that it is
root's."""
KEPT_NAMES: Final = "_dockworthy."
"""Stands in the name of a release and of a project's lock: `shop_dockworthy.release.7`."""


def is_of_admins(labels: Mapping[str, str]) -> bool:
    return OF_ADMINS in labels
