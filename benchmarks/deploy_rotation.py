"""A secret is rotated and a migration job runs, under load: what fails, and whether the new ones have the new one."""

from __future__ import annotations

import asyncio

from deploying import Ended, Measured, heard

from deploy.edge.shop_app import COMMAND

_READ = "print(open('/run/secrets/password').read(), end='')"
_MIGRATES = "import time; time.sleep(1); print('migrated')"


async def rotation(bench: Measured) -> int:
    """Deploys a secret, another content of it with a job before, and goes back. Returns how many requests failed."""
    bench.shop.write(
        "dockworthy.yaml",
        {"policy": {"level": "baseline"}, "deploy": {**bench.settings, "jobs": {"before": ["migrate"]}}},
    )
    _says(bench, "first")
    _must(await bench.dockworthy("deploy", "--yes", "--accept", "web:by-hand"))  # after docker compose up
    async with bench.load() as load:
        for what, secret, command in (
            ("a secret is rotated, a job before", "second", ("deploy", "--yes")),
            ("the way back", "first", ("rollback", "--yes")),
        ):
            failed = len(load.failures)
            _says(bench, "second")
            ended = _must(await bench.dockworthy(*command))
            await heard(load, "rotated")
            has = await asyncio.to_thread(_secrets, bench)
            if has != {secret} or "run the job migrate" not in ended.says:
                raise SystemExit(f"{what}: the containers have {has}, and not {secret}: {ended.says}")
            print(f"{what:34} failed {len(load.failures) - failed:4}  done {ended.seconds:.1f} s", flush=True)
    bench.shop.write("dockworthy.yaml", {"policy": {"level": "baseline"}, "deploy": bench.settings})
    print(f"rotation: {load.count} requests, {len(load.failures)} failed", flush=True)
    return len(load.failures)


def _says(bench: Measured, secret: str) -> None:
    (bench.shop.folder / "password").write_text(secret)
    web = bench.service("rotated", "finish")
    migrate = bench.shop.service(COMMAND[0], "-I", "-c", _MIGRATES, init=False, profiles=["jobs"])
    secrets = {"password": {"file": "./password"}}
    bench.shop.compose({"web": {**web, "secrets": ["password"]}, "migrate": migrate}, secrets=secrets)


def _secrets(bench: Measured) -> set[str]:
    """What the containers have."""
    docker = bench.shop.engine.docker
    names = bench.shop.containers("web")
    return {docker("exec", name, COMMAND[0], "-I", "-c", _READ).stdout.decode() for name in names}


def _must(ended: Ended) -> Ended:
    if ended.status:
        raise SystemExit(ended.says)
    return ended
