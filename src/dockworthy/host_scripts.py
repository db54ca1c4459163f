"""Shell that runs on hosts and in containers: `.sh` files beside the modules that send them, so that shellcheck reads
them. Each says in its first lines what it takes."""

from __future__ import annotations

import functools
import itertools
import pkgutil
import re
import shlex
from collections.abc import Mapping

from msgspec import Struct

_PLACE = re.compile(r"@([a-z_]+)@")


class HostScript(Struct, frozen=True):
    """The file `name` beside the modules of `package` (their `__package__`). It is read when it is first needed."""

    package: str
    name: str

    @property
    def text(self) -> str:
        return _text_of(self.package, self.name)

    @property
    def bare(self) -> str:
        """The text without the comment at its head: for a command line, which people see in lists of processes."""
        lines = self.text.splitlines(keepends=True)
        return "".join(itertools.dropwhile(lambda line: line.startswith("#"), lines))

    def with_arguments(self, *arguments: str | int, **variables: str | int) -> str:
        """The text, which finds `arguments` as $1, $2 ..., and `variables` by their names: whatever they hold, a shell
        reads none of it as shell."""
        lines = [f"{name}={shlex.quote(str(value))}\n" for name, value in variables.items()]
        if arguments:
            lines.append(f"set -- {shlex.join(map(str, arguments))}\n")
        return "".join(lines) + self.text

    def filled(self, values: Mapping[str, str]) -> str:
        """The text with `@name@` replaced by the value of that name, as it is: for a file that a host keeps, which
        nobody calls with arguments of ours. Raises KeyError for a name that has no value."""
        return _PLACE.sub(lambda found: values[found[1]], self.text)


@functools.cache
def _text_of(package: str, name: str) -> str:
    content = pkgutil.get_data(package, name)  # importlib.resources takes 20 ms to import
    assert content is not None, f"{package} is no package of files"
    return content.decode()
