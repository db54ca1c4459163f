"""An insecure registry is one whose images anybody on the way can replace."""

from __future__ import annotations

from typing import Any

from ...model.control import Control, Subject, cis, nist, owasp
from ...model.engine import Engine
from ...model.finding import Judgement, Outcome, Remedy
from ...model.levels import Level, Severity
from ..examples import settings_not_seen
from ._settings import judge_setting, texts

_THIS_HOST = ("localhost", "127.", "[::1]", "::1")

control = Control(
    id="engine/insecure-registries",
    title="Every registry and mirror is reached over verified TLS",
    fault="The engine reaches registries or mirrors without verified TLS",
    rationale="Without TLS, or with a certificate that nobody checks, whoever sits between engine and registry "
    "reads the credentials and hands out images of their own, which then run on this host.",
    level=Level.BASELINE,
    severity=Severity.HIGH,
    demand="3.registry",
    also_for=("5.network",),
    subject=Subject.ENGINE,
    references=(cis("1.6.0", "2.5"), cis("1.8.0", "2.5"), nist("4.2.1"), owasp("D08")),
    remedy=Remedy(
        "Give the registry a certificate; put its authority into /etc/docker/certs.d/HOST/ca.crt, then take the "
        "registry out of `insecure-registries` and write mirrors with https://. A list that gets empty stays in "
        'daemon.json (`"insecure-registries": []`, `"registry-mirrors": []`): what is not there is not reloaded.',
        "none: both settings are reloaded with SIGHUP",
        "systemctl reload docker",
    ),
    check_yourself="docker info -f '{{json .RegistryConfig}}'",
    bad={
        "daemon.json": [
            '{"insecure-registries": ["registry.example.com:5000"]}',
            '{"insecure-registries": ["10.0.0.0/8"]}',
            '{"registry-mirrors": ["http://mirror.example.com"]}',
        ]
    },
    good={
        "daemon.json": [
            "{}",
            '{"insecure-registries": ["127.0.0.0/8", "localhost:5000"]}',
            '{"registry-mirrors": ["https://mirror.example.com"]}',
        ]
    },
    unclear={"snapshot": settings_not_seen()},
)


@control.judge
def insecure_registries(engine: Engine) -> Judgement:
    registries = judge_setting(engine, "insecure-registries", _registries_fault, "no insecure registry")
    mirrors = judge_setting(engine, "registry-mirrors", _mirrors_fault, "every mirror has TLS")
    return mirrors if registries.outcome is Outcome.PASS else registries


def _registries_fault(value: Any) -> str:
    foreign = [registry for registry in texts(value) if not registry.startswith(_THIS_HOST)]
    return f"insecure: {', '.join(foreign)}" if foreign else ""


def _mirrors_fault(value: Any) -> str:
    plain = [mirror for mirror in texts(value) if mirror.startswith("http://") and not _is_here(mirror)]
    return f"mirrors without TLS: {', '.join(plain)}" if plain else ""


def _is_here(mirror: str) -> bool:
    return mirror.removeprefix("http://").startswith(_THIS_HOST)
