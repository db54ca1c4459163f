"""A path that Compose reads itself, or the engine connects to, needs no mount to bring in what it holds."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import unquote

from ...model.control import Control, Subject, nist, owasp
from ...model.field import Set, Source
from ...model.finding import Judgement, Remedy
from ...model.levels import Level, Severity
from ...model.workload import Container, Unit
from ._graded import GradedFault, judge_graded
from ._host_exposure import exposure_of_path
from ._host_paths import real_path
from ._platforms import CONTAINERS
from ._unclear import as_far_as_told

_SECRETS = "services: {web: {build: {context: ., secrets: [key]}}}\nsecrets: {key: {file: %s}}"

control = Control(
    id="workload/host-files",
    title="env_file, builds and log options bring no sensitive file of the host into a container",
    fault="{who} [takes|take] in sensitive files of the host",
    rationale="`env_file`, the contexts and secrets of a build are read by whoever runs Compose, root at a deploy: what "
    "they name ends up in variables, in layers of the image, or in a step of the build that may send it away. A log "
    "driver's socket is connected to by the engine, as root. Key files, password hashes and the engine's own paths are "
    "no place for any of that. Files of the project itself are fine.",
    level=Level.BASELINE,
    severity=Severity.CRITICAL,
    demand="1.host-access",
    also_for=("1.privileges", "3.least-privilege"),
    subject=Subject.UNIT,
    platforms=CONTAINERS,
    references=(nist("4.5.5"), nist("4.4.3"), owasp("D04")),
    remedy=Remedy(
        "Copy the one file that is needed beside the project, and name that; build in the folder of the project.",
        "the image is built anew, or the container recreated",
    ),
    check_yourself="docker compose config",
    bad={
        "compose": [
            "services: {web: {image: shop, env_file: /run/dockworthy-guard.key}}",
            "services: {web: {image: shop, env_file: [{path: /var/run/../run/dockworthy-guard.key, format: raw}]}}",
            "services: {web: {image: shop, label_file: /etc/shadow}}",
            "services: {web: {build: /}}",
            "services: {web: {build: {context: /etc}}}",
            "services: {web: {build: {context: ., additional_contexts: {all: /root}}}}",
            "services: {web: {build: {context: ., additional_contexts: ['all=/var/lib/docker']}}}",
            "services: {web: {build: {context: 'service:/../../../../../../../../../../../../etc'}}}",
            "services: {web: {build: 'x://../../../../../../../../../../../../etc'}}",
            "services: {web: {image: shop, env_file: 'https://../../../../../../../../../../../../etc/shadow'}}",
            "services: {web: {build: {context: ., additional_contexts: {all: 'x://../../../../../../../../../../../../etc'}}}}",
            _SECRETS % "/root/.ssh/id_ed25519",
            _SECRETS % "/etc/docker/tls/server-key.pem",
            "services: {web: {image: shop, logging: {driver: fluentd, options: {fluentd-address: 'unix:///run/docker.sock'}}}}",
            "services: {web: {image: shop, logging: {driver: fluentd, options: {fluentd-address: 'UNIX:///run/docker.sock'}}}}",
            "services: {web: {image: shop, logging: {driver: fluentd, options: {fluentd-address: 'unix:///run/d%6fcker.sock'}}}}",
            "services: {web: {image: shop, logging: {driver: fluentd, options: {fluentd-address: 'unix://x/run/docker.sock'}}}}",
            "services: {web: {image: shop, logging: {driver: syslog, options: {syslog-address: 'unixgram:///run/docker/plugins/dockworthy.sock'}}}}",
        ],
        "docker run": "docker run --log-driver fluentd --log-opt fluentd-address=unix:///run/docker.sock shop",
        "container": {
            "HostConfig": {"LogConfig": {"Type": "syslog", "Config": {"syslog-address": "unix:///run/docker.sock"}}}
        },
    },
    good={
        "compose": [
            "services: {web: {image: shop, env_file: [.env.shop, {path: ./more.env, required: false}]}}",
            "services: {web: {build: ../shared}}",
            "services: {web: {build: {context: 'https://example.com/shop.git#main', additional_contexts: {base: 'docker-image://alpine:3.20', b: 'service:db'}}}}",
            _SECRETS % "./npm-token",
            "services: {web: {image: shop, logging: {driver: syslog, options: {syslog-address: 'unixgram:///dev/log'}}}}",
            "services: {web: {image: shop, logging: {driver: fluentd, options: {fluentd-address: '10.0.0.7:24224'}}}}",
        ]
    },
    unclear={
        "compose": [
            "services: {web: {image: shop, env_file: '${WHERE}'}}",
            "services: {web: {build: {context: '${WHERE}'}}}",
        ]
    },
)

_SOCKET = re.compile(r"unix(?:gram)?:(?://[^/?#]*)?(?P<path>/[^?#]*)", re.IGNORECASE)
"""A URL as Go parses it, whatever host it names. Python's urlsplit refuses hosts that Go takes."""


@control.judge
def host_files(unit: Unit) -> Judgement:
    faults = [
        GradedFault(f"{by}: {path}: {opens.gives}", source, opens.severity)
        for container in unit.containers
        for by, path, source in _paths_of(container)
        if (opens := exposure_of_path(real_path(path), unit.engine_paths)) is not None and opens.level is Level.BASELINE
    ]
    judged = judge_graded(faults, good="no sensitive file of the host comes in beside the mounts", source=unit.source)
    return as_far_as_told(judged, unit, "taken_files")


def _paths_of(container: Container) -> Iterator[tuple[str, str, Source | None]]:
    """What names each path, the path, and where that stands."""
    for taken in container.taken_files:
        yield taken.by, taken.path, taken.declared_at
    logging = container.logging
    for name, value in logging.value.options.items() if isinstance(logging, Set) else ():
        if socket := _SOCKET.match(value):
            yield f"the log option {name}", unquote(socket["path"]), logging.source
