"""The engine's authorization plugin: it is asked about every request, whoever sends it."""

from .serving import serve

__all__ = ["serve"]
