"""Only the image's author knows which question a working program answers."""

from __future__ import annotations

from ...model.build import ImageBuild
from ...model.control import Control, Subject, cis, nist
from ...model.field import Set, Unknown
from ...model.finding import Judgement, Remedy
from ...model.levels import Level, Severity
from ._base_images import starts_as_root
from ._faults import BuildFault, weigh

control = Control(
    id="build/health-check",
    title="The image says how its health is checked",
    fault="{who} [has|have] no HEALTHCHECK",
    rationale="A program that hangs still runs. An orchestrator that has probes of its own does not need this; plain "
    "Docker, Compose and Swarm do.",
    level=Level.PRODUCTION,
    severity=Severity.LOW,
    demand="1.monitor",
    subject=Subject.BUILD,
    references=(cis("1.6.0", "4.6"), cis("1.8.0", "4.6"), nist("4.1.2")),
    remedy=Remedy(
        "Add `HEALTHCHECK CMD …` that asks the program a question it must answer, or check it where it is deployed and "
        "accept this with `# hadolint ignore=DL3057` above the last FROM.",
        "a new build of the image",
    ),
    bad={
        "dockerfile": [
            'FROM python:3.13\nCMD ["python", "shop.py"]\n',
            "FROM python:3.13\nHEALTHCHECK NONE\n",
            'FROM python:3.13 AS web\nHEALTHCHECK CMD ["/ok"]\nFROM python:3.13\n',
        ]
    },
    good={
        "dockerfile": [
            'FROM python:3.13\nHEALTHCHECK --interval=10s --timeout=2s CMD ["python", "ok.py"]\n',
            "FROM python:3.13 AS base\nHEALTHCHECK CMD curl -fsS http://localhost:8000/ok\nFROM base\n",
        ]
    },
    unclear={"dockerfile": 'FROM registry.example.com/base:1\nCMD ["shop"]\n'},
)


@control.judge
def health_check(build: ImageBuild) -> Judgement:
    written, base = build.effective("HEALTHCHECK"), build.base
    if written is not None:
        off = written.text.strip().upper() == "NONE"
        faults = [BuildFault("the health check is switched off", written.source)] if off else []
        return weigh(build, "health-check", faults, good="the image checks its health", source=written.source)
    if isinstance(base, Set) and (base.value == "scratch" or starts_as_root(base.value)):
        fault = BuildFault(f"no HEALTHCHECK, and {base.value} has none", build.final.source)
        return weigh(build, "health-check", [fault], good="")
    named = base.value if isinstance(base, Set) else "it stands on"
    tell = f"docker image inspect -f '{{{{json .Config.Healthcheck}}}}' {named}" if isinstance(base, Set) else ""
    gap = Unknown(f"no HEALTHCHECK: the base image {named} decides", tell, build.final.source)
    return weigh(build, "health-check", (), gaps=(gap,), good="")
