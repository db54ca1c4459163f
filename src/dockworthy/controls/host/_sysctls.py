"""Judging kernel settings, one finding each."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

from ...model.field import Unknown, Unset
from ...model.finding import Judgement, failed, not_applicable, passed, unknown
from ...model.host import Host


class WantedSysctl(NamedTuple):
    """`good` tells whether a number is; `value` is what to set; `why` completes "NAME = VALUE: …"."""

    good: Callable[[int], bool]
    value: str
    why: str


def judge_sysctls(host: Host, table: Mapping[str, WantedSysctl]) -> Iterator[Judgement]:
    for name, wanted in table.items():
        field = host.sysctls.get(name)
        if field is None:
            yield unknown(f"{name} was not read", about=name)
        elif isinstance(field, Unknown):
            yield unknown(field.reason, field.source, tell=field.tell, about=name)
        elif isinstance(field, Unset):
            yield not_applicable("this kernel has no such setting", field.source, about=name)
        elif not field.value.lstrip("-").isdigit():
            yield unknown(f"{name} = {field.value}, which is no number", field.source, about=name)
        elif wanted.good(int(field.value)):
            yield passed(f"{name} = {field.value}", field.source, about=name)
        else:
            yield failed(
                f"{name} = {field.value}: {wanted.why}",
                field.source,
                about=name,
                # `zz-`: the last file counts, and 99-sysctl.conf or a file of one's own may say otherwise.
                remedy=f"echo '{name} = {wanted.value}' > /etc/sysctl.d/zz-{name}.conf && sysctl --system",
                check_yourself=f"sysctl {name}",
            )


def exactly(number: int) -> Callable[[int], bool]:
    return lambda value: value == number


def at_least(number: int) -> Callable[[int], bool]:
    return lambda value: value >= number
