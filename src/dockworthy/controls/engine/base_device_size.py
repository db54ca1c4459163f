"""devicemapper gives each container a disk of a fixed size; CIS asks to leave that size alone."""

from __future__ import annotations

from ...model.control import Control, Subject, cis
from ...model.engine import Engine
from ...model.field import Set, Unknown
from ...model.finding import Judgement, Remedy, failed, not_applicable, passed
from ...model.levels import Level, Severity
from ..examples import both, engine_says, on_host, settings_not_seen
from ._settings import not_known, texts, value_or_none

_SIZED = on_host(daemon_json={"storage-driver": "devicemapper", "storage-opts": ["dm.basesize=50G"]})

control = Control(
    id="engine/base-device-size",
    title="devicemapper's base device size is left at its default",
    fault="devicemapper's base device size was changed",
    rationale="A larger base device lets one container fill the disk of all; it also can't be made smaller again.",
    level=Level.RESTRICTED,
    severity=Severity.LOW,
    demand="5.storage-driver",
    subject=Subject.ENGINE,
    references=(cis("1.6.0", "2.11"), cis("1.8.0", "2.12")),
    remedy=Remedy(
        "Remove `dm.basesize` from `storage-opts`; better, leave devicemapper for overlay2.",
        "restart of the engine",
    ),
    check_yourself="docker info -f '{{.Driver}} {{.DriverStatus}}'; grep -s dm.basesize /etc/docker/daemon.json",
    bad={"snapshot": both(engine_says(Driver="devicemapper"), _SIZED)},
    good={"snapshot": both(engine_says(Driver="devicemapper"), on_host(daemon_json={}))},
    unclear={"snapshot": settings_not_seen()},
)


@control.judge
def base_device_size(engine: Engine) -> Judgement:
    driver = engine.setting("storage-driver")
    if isinstance(driver, Unknown):
        return not_known(driver)
    if not isinstance(driver, Set) or driver.value != "devicemapper":
        return not_applicable("the storage driver is not devicemapper: there are no base devices", driver.source)
    options = engine.setting("storage-opts")
    if isinstance(options, Unknown):
        return not_known(options)
    sized = [option for option in texts(value_or_none(options)) if option.startswith("dm.basesize")]
    return failed(sized[0], options.source) if sized else passed("no dm.basesize is set", options.source)
