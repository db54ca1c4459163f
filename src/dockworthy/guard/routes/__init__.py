"""Every request that the engine knows: what may travel with it, who may send it, and who judges it."""

from .finding_route import Call, find_call
from .table import Right

__all__ = ["Call", "Right", "find_call"]
