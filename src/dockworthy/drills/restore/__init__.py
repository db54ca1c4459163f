"""`dockworthy drill restore`: the newest backup is restored into a copy of the project, and the copy must work.
`dockworthy restore --as` makes the same copy, which stays."""

from .drill import RestoreDrill, drill_restore
from .lasting_copy import copy_beside

__all__ = ["RestoreDrill", "copy_beside", "drill_restore"]
