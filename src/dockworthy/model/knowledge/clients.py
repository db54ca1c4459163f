"""Programs that talk to the engine's API, and the newest API version that each of them can speak.

An engine refuses whoever speaks an older version than its `MinAPIVersion`. Most clients agree with the engine on a
version that both know; their own newest is what decides whether there is one.
"""

from __future__ import annotations

import datetime
from typing import NamedTuple

from ..dialect import Version
from ..image_names import names_registry
from .releases import Numbers

WHAT = "API versions that clients of the engine speak"
KNOWN_ON = datetime.date(2026, 11, 24)


class Spoken(NamedTuple):
    """From the client's version `since` on, `()` the first. `api` None: not known here."""

    since: Numbers
    api: Version | None


class ClientProgram(NamedTuple):
    """`images` are repositories without their registry; `loses`: what stops when the engine refuses it.

    `obeys_environment`: a DOCKER_API_VERSION of its own decides. `passes_on`: it speaks no version, but carries what
    others speak. `instead`: what to replace it by where no version of its own helps.
    """

    name: str
    images: tuple[str, ...]
    spoken: tuple[Spoken, ...]
    loses: str
    source: str
    instead: str = ""
    obeys_environment: bool = False
    passes_on: bool = False


def _at(major: int, minor: int) -> Version:
    return Version(major, minor)


ANY_ENGINE = _at(1, 52)
"""For clients that speak what the engine speaks: the newest version when engine 29 came out."""

CLIENTS = (
    ClientProgram(
        "Traefik",
        ("traefik", "library/traefik"),
        (
            Spoken((), _at(1, 24)),
            Spoken((2, 11, 31), ANY_ENGINE),
            Spoken((3,), _at(1, 24)),
            Spoken((3, 6, 1), ANY_ENGINE),
        ),
        "it sees no container any more, and routes to none",
        "https://github.com/traefik/traefik/issues/12253",
    ),
    ClientProgram(
        "Watchtower",
        ("containrrr/watchtower", "v2tec/watchtower"),
        (Spoken((), _at(1, 25)),),
        "nothing is updated any more, and it restarts in a loop",
        "https://github.com/containrrr/watchtower/issues/2126",
        instead="its project was archived on 2025-12-17: nickfedor/watchtower goes on, or a pipeline rebuilds",
        obeys_environment=True,
    ),
    ClientProgram(
        "Watchtower (continued)",
        ("nickfedor/watchtower", "nicholas-fedor/watchtower", "beatkind/watchtower"),
        (Spoken((), _at(1, 44)),),
        "nothing is updated any more",
        "https://github.com/nicholas-fedor/watchtower/issues/87",
        obeys_environment=True,
    ),
    ClientProgram(
        "Portainer",
        ("portainer/portainer-ce", "portainer/portainer-ee", "portainer/portainer", "portainer/agent"),
        (
            Spoken((), _at(1, 24)),
            Spoken((2,), None),
            Spoken((2, 33), _at(1, 41)),
            Spoken((2, 33, 5), _at(1, 44)),
            Spoken((2, 34), _at(1, 41)),
            Spoken((2, 36), _at(1, 44)),
        ),
        "it shows no environment any more",
        "https://github.com/portainer/portainer/issues/12925, /12934",
    ),
    ClientProgram(
        "cAdvisor",
        ("cadvisor/cadvisor", "google/cadvisor"),
        (Spoken((), None), Spoken((0, 49), _at(1, 41)), Spoken((0, 54, 1), _at(1, 44))),
        "metrics lose the containers' names and labels",
        "https://github.com/google/cadvisor/issues/3749, /3772, /3793",
    ),
    ClientProgram(
        "Docker's command line",
        ("docker", "library/docker"),
        (
            Spoken((), _at(1, 38)),
            Spoken((18, 9), _at(1, 39)),
            Spoken((19, 3), _at(1, 40)),
            Spoken((20, 10), _at(1, 41)),
            Spoken((23,), _at(1, 42)),
            Spoken((24,), _at(1, 43)),
            Spoken((25,), _at(1, 44)),
        ),
        "every command of it fails",
        "https://docs.docker.com/reference/api/engine/#api-version-matrix",
        obeys_environment=True,
    ),
    ClientProgram(
        "Compose v1",
        ("docker/compose",),
        (Spoken((), _at(1, 38)), Spoken((1, 27), _at(1, 39)), Spoken((1, 28), None)),
        "every command of it fails",
        "https://github.com/docker/compose/pull/7692",
        instead="it ended in 2023: `docker compose` (v2) reads the same files",
    ),
    ClientProgram(
        "Telegraf",
        ("telegraf", "library/telegraf"),
        (Spoken((), _at(1, 21)), Spoken((1, 22), _at(1, 24)), Spoken((1, 37), ANY_ENGINE)),
        "its input docker_log (before 1.22 docker, too) gathers nothing any more",
        "https://github.com/influxdata/telegraf/issues/18010, /16298, /pull/18012",
    ),
    ClientProgram(
        "GitLab Runner",
        ("gitlab/gitlab-runner",),
        (Spoken((), None), Spoken((16, 6), _at(1, 43))),
        "no job with the Docker executor starts any more",
        "https://gitlab.com/gitlab-org/gitlab/-/issues/580225",
    ),
    ClientProgram(
        "Woodpecker's agent",
        ("woodpeckerci/woodpecker-agent",),
        (Spoken((), None), Spoken((0, 15), _at(1, 41))),
        "no pipeline starts any more",
        "https://github.com/woodpecker-ci/woodpecker/issues/1786",
    ),
    ClientProgram(
        "Dozzle",
        ("amir20/dozzle",),
        (Spoken((), None), Spoken((10, 5, 3), ANY_ENGINE)),
        "it shows no logs any more",
        "https://github.com/amir20/dozzle/issues/4695",
    ),
    ClientProgram(
        "ufw-docker-automated",
        ("shinebayarg/ufw-docker-automated",),
        (Spoken((), _at(1, 41)),),
        "the firewall is no longer opened for new containers",
        "https://github.com/shinebayar-g/ufw-docker-automated/issues/68",
    ),
    ClientProgram(
        "docker-hoster",
        ("dvdarias/docker-hoster",),
        (Spoken((), _at(1, 35)),),
        "names of containers leave /etc/hosts",
        "https://github.com/dvddarias/docker-hoster/issues/23",
    ),
    ClientProgram(
        "autoheal",
        ("willfarrell/autoheal",),
        (Spoken((), ANY_ENGINE),),
        "unhealthy containers are not restarted any more",
        "https://github.com/willfarrell/docker-autoheal (its requests name no version)",
    ),
    ClientProgram(
        "a proxy of the engine's socket",
        ("tecnativa/docker-socket-proxy", "linuxserver/socket-proxy", "wollomatic/socket-proxy"),
        (),
        "",
        "https://github.com/Tecnativa/docker-socket-proxy",
        passes_on=True,
    ),
)


def client_of(repository: str) -> ClientProgram | None:
    """The client that an image is of, by its repository, whatever registry it comes from."""
    name = repository.lower()
    name = name.partition("/")[2] if names_registry(name) else name
    return next((client for client in CLIENTS if name in client.images), None)


def spoken_by(client: ClientProgram, version: Numbers) -> Version | None:
    """The newest API version that this version of a client can speak; None where it is not known here."""
    ranges = [each for each in client.spoken if each.since <= version]
    return ranges[-1].api if ranges else None


SOURCES = tuple(client.source for client in CLIENTS)
