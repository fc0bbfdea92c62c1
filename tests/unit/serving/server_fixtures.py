"""A model and a server that the tests of a module share; `pytest_plugins` there names this one.

A conftest.py would be the second module of this name, which mypy refuses.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from running import Running, limited, ruled


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a model with a rule."""
    return ruled(tmp_path_factory.mktemp("served"))


@pytest.fixture(scope="module")
def running(exported: Path) -> Iterator[Running]:
    """Return a server of the model, with low limits."""
    with limited(exported) as found:
        yield found
