"""`--docker URL`: the engine of this host that a command of the guard's speaks to."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click


def engine_option(help: str) -> Callable[[Any], Any]:
    """As `endpoint`; `help` says what the engine is for."""
    return click.option(
        "--docker",
        "endpoint",
        metavar="URL",
        default="unix:///var/run/docker.sock",
        show_default=True,
        help=help,
    )
