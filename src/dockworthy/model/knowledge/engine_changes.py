"""What newer versions of the engine refuse, remove or do in another way than those before."""

from __future__ import annotations

import datetime
from typing import NamedTuple

from ..dialect import Version
from .releases import Numbers

WHAT = "what newer engines remove or change"
KNOWN_ON = datetime.date(2026, 11, 24)
SOURCES = (
    "https://docs.docker.com/engine/deprecated/",
    "https://docs.docker.com/engine/release-notes/29/",
    "https://github.com/moby/moby/releases/tag/docker-v29.3.0",
    "https://github.com/moby/moby/releases/tag/docker-v29.10.0",
)

NEXT_MAJOR = 29
"""The newest major version that is known here."""
OLDEST_API = Version(1, 40)
"""`MinAPIVersion` of its newest release, since 29.3."""
OLDEST_API_AT_FIRST = Version(1, 44)
"""The same of 29.0 to 29.2, which distributions still ship."""


class EngineChange(NamedTuple):
    """`setting` is a name of daemon.json; `values`: only these of it, else any. `since`: the first engine with it.

    `stops`: the engine does not start with it. Else it starts, and does something else than before: `says` what.
    """

    since: Numbers
    setting: str
    says: str
    instead: str
    values: tuple[str, ...] = ()
    stops: bool = True


SETTINGS = (
    EngineChange((23,), "graph", "it was removed", "name the folder in `data-root`"),
    EngineChange((23,), "cluster-store", "classic Swarm was removed", "form a swarm: `docker swarm init`"),
    EngineChange((23,), "cluster-advertise", "classic Swarm was removed", "form a swarm: `docker swarm init`"),
    EngineChange((23,), "cluster-store-opts", "classic Swarm was removed", "form a swarm: `docker swarm init`"),
    EngineChange(
        (24,), "storage-driver", "it was removed", "move images and volumes to `overlay2`", ("aufs", "overlay")
    ),
    EngineChange((25,), "storage-driver", "it was removed", "move images and volumes to `overlay2`", ("devicemapper",)),
    EngineChange((25,), "oom-score-adjust", "it was removed", "set `OOMScoreAdjust=` in the engine's unit"),
    EngineChange((25,), "log-driver", "the driver was removed", "log by another driver", ("logentries",)),
    EngineChange((28,), "api-cors-header", "it was removed", "answer for other origins in a proxy before the API"),
    EngineChange(
        (29, 10),
        "insecure-registries",
        "registries on this host's loopback addresses are no longer in it by themselves: pulls over HTTP fail",
        "name `127.0.0.0/8` in it where you pull from there, or give that registry TLS",
        stops=False,
    ),
)


LINKS_SINCE: Numbers = (29,)
LINKS = "links give no environment variables any more (`DB_PORT_5432_TCP_ADDR` and the like)"
LINKS_INSTEAD = (
    "Put both on a network of their own and use the other's name. DOCKER_KEEP_DEPRECATED_LEGACY_LINKS_ENV_VARS=1 in "
    "the engine's unit delays it."
)
