"""The stages that compute, on this processor and on emulated ones: do they give the same bytes?

    python -m benchmarks.processors [Haswell EPYC Skylake-Client ...]

Takes data/splits as it is here, trains the network of params.yaml for a few steps, evaluates and
exports it, on this processor and on each that is named, as qemu-user emulates it (Debian's package
of that name; `qemu-x86_64 -cpu help` lists the names). Then prints for each file that a
stage wrote whether its bytes are this one's. On the first of them the training runs once more with
native kernels, for contrast. The emulator has AVX2, but no AVX-512, and takes some ten minutes a
processor.
"""

import hashlib
import os
import platform
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from ruamel.yaml import YAML

from stages import processor

NAMES = "Haswell", "EPYC", "Skylake-Client"
HERE = "here"
SHORT = {"epochs": 2, "limit_batches": 6, "board": False, "resume": False}
STAGES = "train", "evaluate", "inspect", "export"
Hashes = dict[str, str]  # of the files that the stages wrote, by path


def main() -> None:
    """Run all stages on all processors, and print what differs."""
    names = sys.argv[1:] or NAMES
    print(f"{HERE}: {processor.model()}, {platform.machine()}", flush=True)
    expected = dict[str, Hashes]()
    runs = [(name, "portable", STAGES) for name in (HERE, *names)]
    contrast = [(name, "native", STAGES[:1]) for name in (HERE, names[0])]
    for name, kernels, stages in (*runs, *contrast):
        start = time.monotonic()
        found = run(name, kernels, stages)
        verdict = list(differences(expected.setdefault(kernels, found), found))
        took = f"{time.monotonic() - start:.0f} s"
        same = f"{len(found) - len(verdict)} of {len(found)} files the same ({took})"
        print(f"{name}, {kernels}: {same}", *verdict, sep="\n    ", flush=True)


def run(name: str, kernels: str, stages: Sequence[str]) -> Hashes:
    """Run stages on a processor in an empty folder, and return the hashes of what they wrote."""
    emulator = [] if name == HERE else ["qemu-x86_64", "-cpu", name]
    with TemporaryDirectory() as folder:
        prepare(Path(folder), kernels)
        environment = os.environ | {"PYTHONPATH": str(Path.cwd())}
        for stage in stages:
            command = [*emulator, sys.executable, "-m", f"stages.{stage}"]
            subprocess.run(
                command, cwd=folder, env=environment, check=True, capture_output=True, text=True
            )
        return dict(hashes(Path(folder)))


def prepare(root: Path, kernels: str) -> None:
    """Write what the stages read: params.yaml with a short training, and the splits."""
    yaml = YAML()
    params = yaml.load(Path("params.yaml").read_text(encoding="utf-8"))
    params["train"].update(SHORT)
    for section in STAGES:
        params[section].update({"kernels": kernels, "device": "cpu"})
    yaml.dump(params, root / "params.yaml")
    shutil.copytree("data/splits", root / "data/splits")


def hashes(root: Path) -> Iterator[tuple[str, str]]:
    """Yield path and SHA-256 of each file under models and metrics."""
    for path in sorted((*root.glob("models/**/*"), *root.glob("metrics/**/*"))):
        if path.is_file():
            name = path.relative_to(root).as_posix()
            yield name, hashlib.sha256(path.read_bytes()).hexdigest()[:16]


def differences(expected: Hashes, found: Hashes) -> Iterator[str]:
    """Yield a line for each file that differs."""
    for name in sorted({*expected, *found}):
        if expected.get(name) != found.get(name):
            yield f"{name}: {expected.get(name)} here, {found.get(name)} there"


if __name__ == "__main__":
    main()
