"""What docs/serving.md says to type."""

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from running import Running, png, ruled, served

PAGE = Path("docs/serving.md").read_text("utf-8")
BLOCKS = re.findall(r"```(sh|python)\n(.*?)```", PAGE, flags=re.DOTALL)
LINES = [
    line
    for kind, block in BLOCKS
    for line in re.sub(r"\\\n|(?<=\|)\n", "", block).splitlines()
    if kind == "sh" and re.search(r"\bcurl ", line)
]

PHOTOGRAPH = png(size=(250, 250))  # more bytes than Linux allows an argument of a command


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("served")
    for name in ("cat.jpg", "dog.jpg"):
        (folder / name).write_bytes(PHOTOGRAPH)
    with served(ruled(folder)) as found:
        yield found


def here(text: str, running: Running) -> str:
    return text.replace("localhost:8000", f"127.0.0.1:{running.port}")


@pytest.mark.skipif(shutil.which("curl") is None, reason="there is no curl")
@pytest.mark.parametrize("line", LINES)
def test_lines_of_curl_are_answered(line: str, running: Running) -> None:
    command = here(line, running).replace("curl ", "curl --fail-with-body ", 1)
    folder = running.service.settings.model.parent
    found = subprocess.run(
        ["bash", "-c", command], cwd=folder, capture_output=True, text=True, check=False
    )
    assert found.returncode == 0, found.stdout + found.stderr
    assert found.stdout
    if "/predict" in line:
        assert '"predictions"' in found.stdout
        assert ('"heat_map"' in found.stdout) == ("explain" in line)


def test_there_are_lines() -> None:
    assert len(PHOTOGRAPH) > 2**17
    assert len(LINES) == 10


def test_lines_of_python_are_answered(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    ((_, block),) = [one for one in BLOCKS if one[0] == "python"]
    monkeypatch.chdir(running.service.settings.model.parent)
    block = block.replace('open("cat.jpg", "rb").read()', 'Path("cat.jpg").read_bytes()')
    values: dict[str, Any] = {"Path": Path}
    exec(here(block, running), values)  # noqa: S102
    assert np.shape(values["probabilities"]) == (1, 3)
    values["client"].close()
