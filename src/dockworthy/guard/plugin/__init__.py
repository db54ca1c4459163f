"""The engine's authorization plugin: it is asked about every request, whoever sends it."""

from .serving import plugin_served

__all__ = ["plugin_served"]
