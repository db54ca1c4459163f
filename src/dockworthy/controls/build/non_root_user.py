"""A process that is root in its container is root on the host as soon as it gets out."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ...model.build import ImageBuild
from ...model.build_change import BuildChange, PutInstruction
from ...model.build_fix import BuildFix
from ...model.control import Control, Subject, cis, nist, owasp
from ...model.field import Set, Unknown
from ...model.finding import Judgement, Remedy
from ...model.knowledge.base_images import USERS
from ...model.levels import Level, Severity
from ...model.user_names import number_of_user
from ..supported_images import official_name
from ._base_images import starts_as_root
from ._faults import BuildFault, weigh
from ._repairs import standing

control = Control(
    id="build/non-root-user",
    title="The image names a user other than root",
    fault="{who} [makes|make] an image that runs as root",
    rationale="Whoever starts the image and says nothing gets its user. What breaks out of a root process is root on the "
    "host; what breaks out of another user's process is nobody.",
    level=Level.RESTRICTED,
    severity=Severity.MEDIUM,
    demand="1.privileges",
    subject=Subject.BUILD,
    references=(cis("1.6.0", "4.1"), cis("1.8.0", "4.1"), nist("4.1.2"), owasp("D01")),
    remedy=Remedy(
        "End the last stage with `USER` and a number (`USER 10001:10001`): a number also satisfies Kubernetes' "
        "runAsNonRoot. Give that user the files that it must write.",
        "a new build; what the program writes must belong to the user",
    ),
    build_fixes=(
        BuildFix(
            says="runs as the user that the base image brings along for it",
            may_break="the program can no longer write files that belong to root, or install anything when it starts",
            changes=lambda written: standing(written.build, _MATTER, _user_of_base(written.build)),
            of_unknown=True,
        ),
    ),
    bad={
        "dockerfile": [
            'FROM registry.example.com/base:1\nUSER root\nCMD ["shop"]\n',
            "FROM registry.example.com/base:1\nUSER 0:0\n",
            "FROM registry.example.com/base:1\nUSER +0\n",
            "FROM registry.example.com/base:1\nUSER :1000\n",
            'FROM python:3.13\nCMD ["python", "shop.py"]\n',
            'FROM scratch\nCOPY shop /\nCMD ["/shop"]\n',
            "FROM registry.example.com/base:1 AS base\nUSER 10001\nFROM base\nUSER root\n",
        ]
    },
    good={
        "dockerfile": [
            'FROM python:3.13\nUSER 10001:10001\nCMD ["python", "shop.py"]\n',
            'FROM python:3.13 AS base\nUSER app\nFROM base AS final\nCMD ["python", "shop.py"]\n',
            "FROM gcr.io/distroless/static:nonroot\nCOPY shop /\n",
            "ARG UID=10001\nFROM python:3.13\nARG UID\nUSER ${UID}\n",
        ]
    },
    unclear={
        "dockerfile": [
            'FROM registry.example.com/base:1\nCMD ["shop"]\n',
            "FROM python:3.13\nARG WHO\nUSER ${WHO}\n",
        ]
    },
)

_MATTER = "non-root-user"


_DISTROLESS = re.compile(r"gcr\.io/distroless/[\w./-]+(?::(?!.*nonroot)[\w.-]+)?(?:@\S+)?\Z")
_NEED_ROOT = frozenset({"RUN", "COPY", "ADD", "WORKDIR", "VOLUME"})


def _user_of_base(build: ImageBuild) -> Iterator[BuildChange]:
    """Behind the last step of the final stage that may need root. Every distroless image has the user 65532."""
    base = build.base
    if build.effective("USER") is not None or not isinstance(base, Set):
        return
    user = "65532:65532" if _DISTROLESS.match(base.value) else USERS.get(official_name(base.value), "")
    needing = [each for each in build.final.instructions if each.keyword in _NEED_ROOT and not each.trigger]
    if user:
        yield PutInstruction((needing or build.final.instructions)[-1 if needing else 0].first, "USER", user)


@control.judge
def non_root_user(build: ImageBuild) -> Judgement:
    """What counts is the last USER of the final stage and of the stages that it builds on."""
    written = build.effective("USER")
    if written is None:
        return _by_base(build)
    user = written.words[0]
    if not isinstance(user, Set):
        gap = user if isinstance(user, Unknown) else Unknown("no user is named")
        return weigh(build, _MATTER, (), gaps=(gap,), good="")
    name = user.value.partition(":")[0].strip()
    is_root = name == "root" or number_of_user(name) == 0
    faults = [BuildFault(f"the user is {name or 'root, as none is named'}", written.source)] if is_root else []
    return weigh(build, _MATTER, faults, good=f"the user is {name}", source=written.source)


def _by_base(build: ImageBuild) -> Judgement:
    base, place = build.base, build.final.source
    if not isinstance(base, Set):
        gap = base if isinstance(base, Unknown) else Unknown("no base image is named")
        return weigh(build, _MATTER, (), gaps=(gap,), good="")
    if base.value == "scratch" or starts_as_root(base.value):
        return weigh(build, _MATTER, [BuildFault(f"no USER, and {base.value} has none: root", place)], good="")
    if "distroless/" in base.value and "nonroot" in base.value:
        return weigh(build, _MATTER, (), good=f"{base.value} names a user other than root", source=place)
    tell = f"docker image inspect -f '{{{{.Config.User}}}}' {base.value}"
    gap = Unknown(f"no USER: the base image {base.value} decides", tell, place)
    return weigh(build, _MATTER, (), gaps=(gap,), good="")
