"""restic derives the key of a repository from its password anew at each call, which takes half a second on purpose:
passwords can be guessed. In the tests nobody guesses. As soon as a repository was made in a folder of this machine, the
key in it is written again, so that it is derived at once; all else is restic's own.

As a program: restic in front of the real one, whose path is in QUICK_KEYS_REAL.

Source of the format: https://restic.readthedocs.io/en/stable/100_references.html#keys-encryption-and-mac
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import secrets
import shutil
import subprocess
import sys
from pathlib import Path

_REAL = "QUICK_KEYS_REAL"
_COST = {"N": 16, "r": 1, "p": 1}
"""Of scrypt."""
_SHIM = """#!/bin/bash
[ "$1" = init ] || exec -a restic {real} "$@"
QUICK_KEYS_REAL={real} exec {python} -I {here} "$@"
"""


def make_keys_quick(folder: Path) -> None:
    """From now on `restic` means this one, in this process and in those that it starts. Nothing where restic or openssl
    is not installed."""
    real = shutil.which("restic")
    if real is None or not shutil.which("openssl") or _REAL in os.environ:
        return
    folder.mkdir()
    shim = folder / "restic"
    shim.write_text(_SHIM.format(real=real, python=sys.executable, here=Path(__file__).resolve()))
    shim.chmod(0o755)
    os.environ[_REAL] = real
    os.environ["PATH"] = f"{folder}:{os.environ['PATH']}"


def _main() -> int:
    real = os.environ[_REAL]
    made = subprocess.run([real, *sys.argv[1:]])
    if made.returncode:
        return made.returncode
    named = os.environ.get("RESTIC_REPOSITORY_FILE")
    place = Path(named).read_text().strip() if named else os.environ.get("RESTIC_REPOSITORY") or _option("--repo", "-r")
    repository = Path(place)
    password = Path(os.environ.get("RESTIC_PASSWORD_FILE") or _option("--password-file", "-p"))
    if (repository / "keys").is_dir() and password.is_file():
        told = [real, "--repo", str(repository), "--password-file", str(password), "--no-lock", "--no-cache"]
        plain = {name: value for name, value in os.environ.items() if not name.startswith("RESTIC_")}
        master = subprocess.run([*told, "cat", "masterkey"], check=True, capture_output=True, env=plain).stdout
        _write_key(repository, password.read_text().rstrip("\n"), json.loads(master))
    return 0


def _option(*names: str) -> str:
    return next((after for name, after in zip(sys.argv, sys.argv[1:], strict=False) if name in names), "")


def _write_key(repository: Path, password: str, master: dict[str, object]) -> None:
    salt = secrets.token_bytes(64)
    derived = hashlib.scrypt(password.encode(), salt=salt, n=_COST["N"], r=_COST["r"], p=_COST["p"], dklen=64)
    (old,) = (repository / "keys").iterdir()
    data = _encrypted(derived, json.dumps(master).encode())
    coded = {"salt": base64.b64encode(salt).decode(), "data": base64.b64encode(data).decode()}
    content = json.dumps({**json.loads(old.read_text()), **_COST, **coded}).encode()
    new = old.with_name(hashlib.sha256(content).hexdigest())
    new.write_bytes(content)
    new.chmod(old.stat().st_mode)
    old.unlink()


def _encrypted(key: bytes, text: bytes) -> bytes:
    """AES-256 in counter mode with Poly1305-AES, as restic has it: the nonce, the text, the tag."""
    nonce = secrets.token_bytes(16)
    crypted = _openssl(text, "-aes-256-ctr", "-K", key[:32].hex(), "-iv", nonce.hex())
    hides = _openssl(nonce, "-aes-128-ecb", "-nopad", "-K", key[32:48].hex())
    return nonce + crypted + _poly1305(key[48:64], hides, crypted)


def _openssl(text: bytes, *words: str) -> bytes:
    return subprocess.run(["openssl", "enc", *words], input=text, check=True, capture_output=True).stdout


def _poly1305(r: bytes, s: bytes, text: bytes) -> bytes:
    """RFC 8439, section 2.5."""
    factor = int.from_bytes(r, "little") & 0x0FFFFFFC0FFFFFFC0FFFFFFC0FFFFFFF
    total = 0
    for at in range(0, len(text), 16):
        total = (total + int.from_bytes(text[at : at + 16] + b"\x01", "little")) * factor % (2**130 - 5)
    return ((total + int.from_bytes(s, "little")) % 2**128).to_bytes(16, "little")


if __name__ == "__main__":
    sys.exit(_main())
