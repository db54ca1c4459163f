"""A plugin that is registered and does not run makes the engine wait for it, again and again."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ...model.control import Control, Subject
from ...model.field import Source, Unknown, Unset
from ...model.finding import Judgement, Remedy, failed, not_applicable, passed, unknown
from ...model.host import Host, PluginFile
from ...model.levels import Level, Severity
from ..examples import not_seen, on_host
from ._fields import HOST, not_known

_SOCKET = "/run/docker/plugins/flocker.sock"
_FILE = "/etc/docker/plugins/flocker.spec"


def _plugin(path: str, **more: Any) -> dict[str, Any]:
    return on_host(plugins=[{"path": path, "address": f"unix://{_SOCKET}", **more}])


control = Control(
    id="host/plugin-sockets",
    title="Every plugin that is registered at the engine answers",
    fault="{n} [plugin that is|plugins that are] registered at the engine [does|do] not answer",
    rationale="The engine asks each plugin that a file in /run/docker/plugins (a socket) or /etc/docker/plugins names, "
    "whenever it lists its drivers. Where nobody listens, such as after a plugin was killed, it tries again for up to "
    "15 seconds in each such request: clients and monitoring run into their time limits.",
    level=Level.PRODUCTION,
    severity=Severity.MEDIUM,
    demand="7.foundation",
    also_for=("5.cleanup",),
    subject=Subject.HOST,
    remedy=Remedy(
        "Start the plugin again, where it is needed; else remove the file: `sudo rm FILE`.",
        "none: the engine looks at the files anew for each request",
    ),
    check_yourself="sudo ls -l /run/docker/plugins /etc/docker/plugins /usr/lib/docker/plugins; sudo ss -xlp",
    bad={"snapshot": [_plugin(_SOCKET, answers=False), _plugin(_FILE, answers=False)]},
    good={"snapshot": [_plugin(_SOCKET, answers=True), _plugin(_FILE, answers=True)]},
    unclear={
        "snapshot": [
            on_host(plugins=not_seen()),
            _plugin(_FILE, gap="it is on another host"),
        ]
    },
)


@control.judge
def plugin_sockets(host: Host) -> Judgement | Iterator[Judgement]:
    plugins = host.plugins
    if isinstance(plugins, Unknown):
        return not_known(plugins, about=HOST)
    if isinstance(plugins, Unset) or not plugins.value:
        return not_applicable("no plugin is registered by a file", plugins.source, about=HOST)
    return (_judge(plugin) for plugin in plugins.value)


def _judge(plugin: PluginFile) -> Judgement:
    about, source = f"{HOST}/{plugin.path.strip('/')}", Source(plugin.path)
    leads = "" if plugin.address in ("", f"unix://{plugin.path}") else f" leads to {plugin.address}"
    if plugin.answers is None:
        return unknown(f"{plugin.path}{leads}: {plugin.gap}", source, tell=plugin.tell, about=about)
    if plugin.answers:
        return passed(f"{plugin.path}{leads}: somebody listens there", source, about=about)
    return failed(f"{plugin.path}{leads}: nobody listens there", source, about=about)
