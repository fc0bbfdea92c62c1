"""A stage pays for what it needs: torch takes seconds to import."""

import subprocess
import sys

import pytest


@pytest.mark.parametrize("stage", ["download", "preprocess"])
def test_a_stage_without_tensors_does_not_import_torch(stage: str) -> None:
    code = f"import sys, stages.{stage}; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
