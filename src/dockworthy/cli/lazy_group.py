"""A group of commands, each of whose files is imported when the command is asked for."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Any

import click


class LazyGroup(click.Group):
    """`files`: command -> the module of `package` that holds it, in the order in which `--help` shows them. In it the
    command stands under its own name, with `_` for `-`."""

    def __init__(self, *args: Any, package: str, files: Mapping[str, str], **more: Any) -> None:
        super().__init__(*args, **more)
        self._package = package
        self._files = files

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self._files)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self._files:
            return None
        module = importlib.import_module(f"{self._package}.{self._files[cmd_name]}")
        command: click.Command = getattr(module, cmd_name.replace("-", "_"))
        return command
