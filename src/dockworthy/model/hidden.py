"""Why a value may not be seen where files of somebody else are judged, in the words that all reports share.

A control that can't tell repeats the reason: by these words what is hidden is known from what no file says.
"""

from __future__ import annotations

from typing import Final

IS_HIDDEN: Final = "is hidden:"
"""`${HOME} is hidden: from the environment`."""

ONLY_TRUSTED: Final = "only `--trust-environment` reads it"
"""Of a file outside of the checkout (input_files.py)."""


def is_hidden(reason: str) -> bool:
    """Was something there that would have told, and was not looked at?"""
    return IS_HIDDEN in reason or ONLY_TRUSTED in reason
