"""Where releases are kept, and who is at work on them: one interface, one implementation a target."""

from .files import FileStore
from .release_store import Lock, ReleaseStore, StillOurs
from .swarm_configs import SwarmStore

__all__ = ["FileStore", "Lock", "ReleaseStore", "StillOurs", "SwarmStore"]
