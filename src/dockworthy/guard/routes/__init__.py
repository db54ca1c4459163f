"""Every request that the engine knows: what may travel with it, who may send it, and who judges it."""

from .finding_route import Call, find_call

__all__ = ["Call", "find_call"]
