"""Peak memory of download's writing and of preprocess, for 20,000 and 200,000 generated images.

    python -m benchmarks.memory

Every image is another one: 32 x 32 pixels of noise, as PNG (3 kB). The peak is that of the largest
process of the command, from the operating system.
"""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image as Picture

from stages.artifacts import raw
from stages.artifacts.raw import Image, Raw

ROOT = Path(__file__).parents[1]
COUNTS = (20_000, 200_000)


def main() -> None:
    """Print megabytes for both counts."""
    for count in COUNTS:
        with tempfile.TemporaryDirectory() as name:
            make = f"from benchmarks.memory import write; write({count})"
            download = peak(Path(name), [sys.executable, "-c", make])
            (Path(name) / "params.yaml").write_bytes((ROOT / "params.yaml").read_bytes())
            preprocess = peak(Path(name), [sys.executable, "-m", "stages.preprocess"])
        print(f"{count:>9,} images: write raw {download:6.0f} MB, preprocess {preprocess:6.0f} MB")


def peak(folder: Path, command: list[str]) -> float:
    """Run a command in a folder; return the peak memory of its largest process in megabytes."""
    process = subprocess.Popen(
        command,
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise RuntimeError(f"{command} ended with {status}")
    return usage.ru_maxrss / 1000


def write(count: int) -> None:
    """Write generated images as data/raw."""
    raw.write(Raw(tuple("0123456789"), {"train": images(count)}, {}))


def images(count: int) -> Iterator[Image]:
    """Yield noise."""
    rng = np.random.default_rng(0)
    for number in range(count):
        file = BytesIO()
        noise = rng.integers(0, 256, (32, 32, 3), np.uint8)
        Picture.fromarray(noise).save(file, "PNG", compress_level=1)
        yield Image(file.getvalue(), f"{number}.png", number % 10)


if __name__ == "__main__":
    main()
