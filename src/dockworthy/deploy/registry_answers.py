"""What a registry, or an engine that asked it, said instead of an image: what a person does next. Pure."""

from __future__ import annotations

import re

from ..engine.registry_login import registry_of

_REASONS = (
    (
        r"unauthorized|no basic auth credentials|authentication required|incorrect username or password|denied|\b403\b",
        "docker login {at}, as who deploys (a login that is no longer right is replaced); is it spelled so? {image}",
    ),
    (
        r"manifest unknown|manifest for .* not found|repository .* not found|name unknown|does not exist|not found",
        "is it spelled so, and is it in the registry? docker push {image}; what is built here: docker compose build",
    ),
    (
        r"server gave HTTP response to HTTPS client",
        "give {registry} a certificate, or name it under insecure-registries in the engine's daemon.json",
    ),
    (
        r"x509|certificate",
        "the registry's authority belongs to /etc/docker/certs.d/{registry}/ca.crt on the engine's host",
    ),
    (
        r"connection refused|no such host|no route to host|network is unreachable|timeout|timed out|deadline|lookup",
        "is {registry} up, and reached from the engine's host? docker pull {image}, over there, tells",
    ),
)
"""Pattern -> hint; the first that fits counts."""


def next_command(image: str, said: str) -> str:
    registry = registry_of(image)
    words = {"image": image, "registry": registry, "at": "" if registry == "docker.io" else registry}
    for pattern, hint in _REASONS:
        if re.search(pattern, said, re.IGNORECASE):
            return re.sub(r" (?=,)", "", hint.format(**words))
    return f"docker pull {image}, on the engine's host, tells more; docker login; docker compose build"
