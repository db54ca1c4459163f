"""How a long command tells a person what it does meanwhile."""

from __future__ import annotations

from collections.abc import Callable

Say = Callable[[str], None]
"""Takes a sentence without a full stop; it goes to standard error."""
