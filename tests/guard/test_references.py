"""Each field that a request may have is known to name another object, to take a name, or to do neither."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from dockworthy.guard.judges import containers, definitions, networks
from dockworthy.guard.rights.references import CLAIMS, PLAIN, QUERIES, REFERENCES, body_of
from dockworthy.guard.routes.table import ROUTES, Body
from dockworthy.readers.create_request.keys import HOST_CONFIG, REQUEST, KeyListOf, KeyMapOf, Shape
from dockworthy.readers.service.keys import SERVICE

SHAPES: dict[str, Shape] = {
    "containers/create": REQUEST,
    "containers/update": HOST_CONFIG,
    "containers/exec": containers._EXEC,
    "networks/connect": networks._CONNECT,
    "networks/disconnect": networks._DISCONNECT,
    "networks/create": networks._NETWORK,
    "volumes/create": definitions._VOLUME,
    "services/create": SERVICE,
    "secrets/create": definitions._STORED,
}
NAMES_NOTHING = {"exec/start", "containers/start", "auth"}
"""Bodies without a field that could name something: settings of a stream, nothing, a login."""


def fields(shape: Shape, path: str = "") -> Iterator[str]:
    """Every path at which a value may stand; names of a map are a field where something stands below them."""
    if isinstance(shape, KeyListOf):
        yield from fields(shape.item, f"{path}[]")
    elif isinstance(shape, KeyMapOf):
        if isinstance(shape.item, dict) and shape.item:
            yield f"{path}{{name}}"
        yield from fields(shape.item, f"{path}{{}}")
    elif isinstance(shape, dict) and shape:
        for name, item in shape.items():
            yield from fields(item, f"{path}.{name}" if path else name)
    else:
        yield path


@pytest.mark.parametrize("action", SHAPES)
def test_every_field_is_classified_once(action: str) -> None:
    """A new key of a create request fails here until somebody has said whether it names another object."""
    known = [*REFERENCES[action], *CLAIMS.get(action, "").split(), *PLAIN[action].split()]
    assert sorted(known) == sorted(set(known)), "a field stands in two tables"
    assert set(fields(SHAPES[action])) == set(known)


def test_a_new_field_is_noticed() -> None:
    grown = {**REQUEST, "HostConfig": {**HOST_CONFIG, "CopyFrom": HOST_CONFIG["PidMode"]}}
    assert set(fields(grown)) - set(fields(REQUEST)) == {"HostConfig.CopyFrom"}


def test_every_body_is_in_the_table() -> None:
    """Bodies on routes of admins name what they like: an admin has no limits."""
    for route in ROUTES:
        if route.body in (Body.JSON, Body.MAYBE_JSON) and route.judge != "admins_only":
            assert body_of(route.action) in SHAPES or route.action in NAMES_NOTHING, route.line


ELSE = {
    "since until filters type all limit size shared-size digests filter status insertDefaults verbose scope term",
    "timestamps tail details follow stdout stderr stdin logs stream one-shot detachKeys hijack signal t h w condition",
    "force link v noprune quiet tag message changes platform comment author pause path noOverwriteDirNonDir copyUIDGID",
    "version registryAuthFrom rotateWorkerToken rotateManagerToken rotateManagerUnlockKey remote name timeout id",
    "ps_args dockworthy",
    "keep-storage reserved-space max-used-space min-free-space dockerfile extrahosts q nocache pull rm forcerm memory",
    "memswap cpushares cpusetcpus cpusetmems cpuperiod cpuquota buildargs shmsize squash labels target outputs buildid",
    "session ulimits isolation cgroupparent securityopt",
}


def test_every_parameter_is_classified() -> None:
    for route in ROUTES:
        named = set(QUERIES.get(route.action, ()))
        others = {word for line in ELSE for word in line.split()}
        assert route.query <= named | others, (route.line, route.query - named - others)
        assert named <= route.query or route.method == "GET" or not route.query, route.line
