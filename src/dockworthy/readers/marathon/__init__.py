"""Marathon, the orchestrator of DC/OS: apps, groups and pods. Source: Marathon's API reference, 1.11 (`v2/types`).

`definitions` reads what `is_marathon` has recognised; it is not imported here, for most files hold neither.
"""

from .recognising import is_marathon

__all__ = ["is_marathon"]
