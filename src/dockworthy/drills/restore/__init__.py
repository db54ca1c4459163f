"""`dockworthy drill restore`: the newest backup is restored into a copy of the project, and the copy must work."""

from .drill import RestoreDrill, drill_restore

__all__ = ["RestoreDrill", "drill_restore"]
