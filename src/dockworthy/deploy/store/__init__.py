"""Where releases are kept, and who is at work on them: one interface, one implementation a target."""

from .release_store import Lock, ReleaseStore

__all__ = ["Lock", "ReleaseStore"]
