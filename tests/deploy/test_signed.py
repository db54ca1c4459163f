"""Images that must be signed: a real registry that asks for a password, and cosign's own signatures."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.shops import Shop
from machines.engines import OwnEngine, clean_environment
from machines.registry import PASSWORD, Registry, a_registry, why_no_registry

WHY_NOT = why_no_registry() or ("" if shutil.which("cosign") else "cosign is not installed (sudo ./test installs it)")

pytestmark = [pytest.mark.engine, pytest.mark.skipif(bool(WHY_NOT), reason=WHY_NOT)]


class Signer:
    """cosign where the registry is, with the password that was stored for it."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry

    def cosign(self, *arguments: str) -> None:
        environment = clean_environment(COSIGN_PASSWORD="", DOCKER_CONFIG=str(self._registry.logins))
        done = subprocess.run(
            [*self._registry.inside, "cosign", *arguments],
            cwd=self._registry.folder, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr

    def make_keys(self, name: str) -> Path:
        self.cosign("generate-key-pair", "--output-key-prefix", name)
        return self._registry.folder / f"{name}.pub"

    def sign(self, engine: OwnEngine, image: str, name: str) -> None:
        (digest,) = [each for each in engine.inspect(image)["RepoDigests"] if each.startswith(self._registry.name)]
        self.cosign("sign", "--yes", f"--key={name}.key", "--tlog-upload=false", digest)


@pytest.fixture
def registry(own_engine: OwnEngine, tmp_path: Path) -> Iterator[Registry]:
    with a_registry(tmp_path / "registry", inside=own_engine.inside, password=True) as made:
        yield made
        own_engine.docker("rmi", "--force", f"{made.name}/shop:1", check=False)


def test_only_what_the_key_signed_is_shipped(shop: Shop, registry: Registry, shop_images: tuple[str, str]) -> None:
    signer, engine = Signer(registry), shop.engine
    shutil.copy(signer.make_keys("cosign"), shop.folder)
    shutil.copy(signer.make_keys("old"), shop.folder)
    image = registry.push(engine, shop_images[0], "shop:1")
    shop.logins = registry.logins
    shop.compose({"web": {**shop.service(), "image": image}})

    def asks(keys: object, *images: str) -> None:
        signatures = [{"key": keys, "images": list(images or ("*",))}]
        policy = {"level": "baseline", "before_deploy": {"signatures": signatures, "tests": ["touch tested"]}}
        shop.write("dockworthy.yaml", {"policy": policy, "deploy": {"observe": "0s"}})

    def refused(*arguments: str) -> str:
        return " ".join(shop.deploy(*arguments, status=1).stdout.split())

    asks("cosign.pub")
    assert f"web: {image} has no signature: `cosign sign --key cosign.key {registry.name}/shop@sha256:" in refused()
    signer.sign(engine, image, "old")
    assert f"web: {image} is signed, but not by cosign.pub" in refused("--dry-run")
    (shop.folder / "bad.pub").write_text("no key")
    asks("bad.pub")
    assert "bad.pub is no public key" in shop.deploy(status=2).stderr
    asks("cosign.pub")
    assert "was built or loaded on the engine" in refused("--image", f"web={shop_images[0]}")
    shop.logins = registry.login("wrong", folder=registry.folder / "wrong")
    assert "nobody could tell whether it is signed" in (said := refused()) and PASSWORD not in said
    shop.logins = registry.logins
    assert shop.containers(every=True) == {} and shop.releases() == [] and not (shop.folder / "tested").exists()

    asks(["cosign.pub", "old.pub"])
    shop.deploy()
    (found,) = [each for each in shop.releases()[-1]["findings"] if each["control"] == "before-deploy/signature"]
    assert found["outcome"] == "pass" and "@sha256:" in found["says"] and (shop.folder / "tested").exists()
    before = shop.containers()
    shop.compose({"web": {**shop.service(environment={"NEW": "1"}), "image": image}})
    registry.stop()
    asks("old.pub")
    assert "connection refused" in refused() and shop.containers() == before
    asks("old.pub", "*", f"!{registry.name}/*")
    shop.deploy()
    assert "excepted" in shop.dockworthy("releases", "show", "2").stdout
    shop.write("dockworthy.yaml", {"policy": {"level": "baseline"}, "deploy": {"observe": "0s"}})
    shop.compose({"web": {**shop.service(environment={"NEW": "2"}), "image": image}})
    shop.deploy()
    asks("cosign.pub")
    assert shop.dockworthy("rollback", "1", "--yes").returncode == 0, "it was verified, and the registry is away now"
    before = shop.containers()
    asked = shop.dockworthy("rollback", "3", "--yes")
    said = " ".join(asked.stdout.split())
    assert asked.returncode != 0 and "--accept web:signature" in said and "connection refused" in said, said
    assert shop.containers() == before
    assert shop.dockworthy("rollback", "3", "--yes", "--accept", "web:signature").returncode == 0
    asks("cosign.pub")
    assert shop.dockworthy("rollback", "3", "--yes").returncode == 0, "it was accepted"
