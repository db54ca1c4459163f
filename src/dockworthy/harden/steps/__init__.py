"""How each finding is mended: control id -> its planning."""

from __future__ import annotations

from functools import cache

from ..situation import Planning


@cache
def plannings() -> dict[str, Planning]:
    """In the order in which the steps are to be done."""
    from .engine_settings import PLANNINGS as ENGINE_SETTINGS
    from .host_files import PLANNINGS as HOST_FILES
    from .kernel_settings import PLANNINGS as KERNEL_SETTINGS

    return {**HOST_FILES, **KERNEL_SETTINGS, **ENGINE_SETTINGS}
