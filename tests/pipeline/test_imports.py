"""A stage pays for what it needs: torch takes seconds to import."""

import subprocess
import sys

import pytest

SLOW = {"aiohttp", "pandas", "scipy", "sklearn", "tensorboard", "timm", "torchvision"}


@pytest.mark.parametrize(
    ("module", "absent"),
    [
        ("stages.download", SLOW | {"torch"}),
        ("stages.preprocess", SLOW | {"torch"}),
        ("stages.train", SLOW),
        ("stages.evaluate", SLOW - {"pandas", "scipy", "sklearn"}),
        ("stages.inspect", SLOW - {"pandas", "scipy", "sklearn"}),
        ("stages.export", SLOW),
        ("tools.compare", SLOW | {"torch"}),
    ],
)
def test_what_takes_seconds_is_imported_where_it_is_needed(module: str, absent: set[str]) -> None:
    code = f"import sys, {module}; print(*sorted({absent} & sys.modules.keys()))"
    command = [sys.executable, "-c", code]
    found = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    assert found == "\n", f"{module} imports what it may not need"
