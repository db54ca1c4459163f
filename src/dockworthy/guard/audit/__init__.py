"""Who asked what of the engine, when, and what the guard said: kept where it leaves the host."""

from .recording import Audit

__all__ = ["Audit"]
