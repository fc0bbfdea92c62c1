"""Whatever has become of an artifact: a message for the user or a result, never a traceback.

`FUZZ=100` tries a hundred times as many damages, of which the first are the same.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import chdir
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from damage import FACTOR, damaged, otherwise, rewritten
from toys import RUNTIME, split, store, store_figures, untrained

from stages import evaluate, export, inspect
from stages.artifacts import classifier, decision, history, predictions
from stages.artifacts.history import Epoch
from stages.errors import UserError
from stages.evaluate import Evaluate
from stages.export import Export
from tools import compare

TIMES = max(1, round(10 * FACTOR))  # damages of each kind
WEIGHTS, HISTORY, META = classifier.PATH, history.PATH, Path("data/splits/meta.json")
EVALUATE = {
    **RUNTIME, "split": "test", "tta": "none", "batch_size": 4, "abstain": "coverage",
    "abstain_target": 0.5, "conformal_alpha": 0.3, "ood_quantile": 0.3,
}  # fmt: skip
EXPORT = {
    **RUNTIME, "formats": ["onnx"], "opset": 20, "input": "uint8", "with_resizing": False,
    "calibration": 8, "tolerance": 1e-4, "int8_tolerance": 0.01, "on_unsupported": "skip",
    "license": "MIT", "version": "1", "batch_size": 4,
}  # fmt: skip
INSPECT = {
    **RUNTIME, "predictions": "metrics/evaluate", "similarity": 0.9, "nearness": 0.5,
    "outliers": 0.1, "batch_size": 4,
}  # fmt: skip
Damage = Callable[[bytes, np.random.Generator], bytes]


def parsed(content: bytes, rng: np.random.Generator) -> bytes:
    """Change one value of a JSON file."""
    return json.dumps(otherwise(json.loads(content), rng)).encode()


def header(content: bytes, rng: np.random.Generator) -> bytes:
    """Change what a file of weights says of its tensors."""
    return rewritten(content, lambda said: otherwise(said, rng))


def card(content: bytes, rng: np.random.Generator) -> bytes:
    """Change what a classifier says of itself."""

    def change(said: dict[str, Any]) -> dict[str, Any]:
        own = otherwise(json.loads(said["__metadata__"]["classifier"]), rng)
        return {**said, "__metadata__": {"classifier": json.dumps(own)}}

    return rewritten(content, change)


def cells(content: bytes, rng: np.random.Generator) -> bytes:
    """Change one cell of a table."""
    rows = [line.split(",") for line in content.decode().splitlines()]
    row = rows[int(rng.integers(len(rows)))]
    row[int(rng.integers(len(row)))] = str(
        rng.choice(["", "x", "nan", "-inf", "1e999", "-5", "9" * 5000, '"', "\x1b[2J", "1,2"])
    )
    return "\n".join(map(",".join, rows)).encode()


SPLITS = [
    "val/labels.npy",
    "test/labels.npy",
    "test/images.npy",
    "test/paths.jsonl",
    "train/labels.npy",
]
KINDS: list[tuple[Path, Damage]] = [
    (WEIGHTS, damaged), (WEIGHTS, header), (WEIGHTS, card), (HISTORY, damaged), (HISTORY, cells),
    (META, damaged), (META, parsed), *((META.parent / name, damaged) for name in SPLITS),
]  # fmt: skip

EXPORTED = [*KINDS, (decision.PATH, damaged), (decision.PATH, parsed)]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder in which evaluate and export can run."""
    folder = tmp_path_factory.mktemp("run")
    with chdir(folder):
        sections = {"evaluate": EVALUATE, "export": EXPORT, "inspect": INSPECT}
        Path("params.yaml").write_text(json.dumps(sections))
        Evaluate.load(), Export.load()
        store({"train": split(12, 1), "val": split(4, 2), "test": split(10)})
        store_figures()
        classifier.write(untrained())
        history.write([Epoch(1, 0.7, 0.6, 0.5, 0.75, 0.01), Epoch(2, 0.6, 0.5, 0.75, 1, 0.001)])
        evaluate.main()
    return folder


@pytest.fixture
def here(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(run)


def survives(act: Callable[[], object], path: Path, damage: Damage, seed: int) -> None:
    """Damage a file and act; only a message to the user may stop it, in lines that can be seen."""
    whole = path.read_bytes()
    try:
        path.write_bytes(damage(whole, np.random.default_rng(seed)))
        act()
    except UserError as error:
        assert str(error)  # noqa: PT017
        assert all(map(str.isprintable, str(error).splitlines()))  # noqa: PT017
    finally:
        path.write_bytes(whole)


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize(("path", "damage"), KINDS)
def test_evaluate_survives_damaged_artifacts(path: Path, damage: Damage) -> None:
    for seed in range(TIMES):
        survives(evaluate.main, path, damage, seed)


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize(("path", "damage"), [one for one in EXPORTED if one[0] != HISTORY])
def test_export_survives_damaged_artifacts(path: Path, damage: Damage) -> None:
    for seed in range(max(1, TIMES // 3)):
        survives(export.main, path, damage, seed)


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize(
    ("path", "damage"),
    [*(one for one in KINDS if one[0] != HISTORY), (predictions.PATH, damaged)],
)
def test_inspect_survives_damaged_artifacts(path: Path, damage: Damage) -> None:
    for seed in range(max(1, TIMES // 3)):
        survives(inspect.main, path, damage, seed)


@pytest.mark.usefixtures("here")
def test_compare_survives_damaged_predictions() -> None:
    whole = predictions.read()
    for seed in range(10 * TIMES):
        survives(
            lambda: compare.compare(whole, predictions.read()), predictions.PATH, damaged, seed
        )


def tables() -> Iterator[tuple[str, Callable[[pa.Table], pa.Table]]]:
    """Yield whole Parquet files that are no predictions."""
    for name in ("path", "label", "predicted", "probabilities"):

        def without(table: pa.Table, name: str = name) -> pa.Table:
            return table.drop_columns([name])

        def empty(table: pa.Table, name: str = name) -> pa.Table:
            place, kind = table.column_names.index(name), table.schema.field(name).type
            return table.set_column(place, name, pa.nulls(len(table), kind))

        def numbers(table: pa.Table, name: str = name) -> pa.Table:
            place = table.column_names.index(name)
            return table.set_column(place, name, pa.array(range(len(table))))

        yield from ((f"no {name}", without), (f"nulls in {name}", empty), (f"int {name}", numbers))
    for said in ("x", "[]", '["a"]', "7", ""):

        def named(table: pa.Table, said: str = said) -> pa.Table:
            return table.replace_schema_metadata({"classes": said} if said else {})

        yield f"classes {said!r}", named
    yield "no rows", lambda table: table.slice(0, 0)


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize(("kind", "change"), list(tables()))
def test_compare_refuses_whole_files_that_are_no_predictions(
    kind: str, change: Callable[[pa.Table], pa.Table]
) -> None:
    whole = predictions.read()

    def written(content: bytes, _: np.random.Generator) -> bytes:
        sink = pa.BufferOutputStream()
        pq.write_table(change(pq.read_table(pa.BufferReader(content))), sink)
        return bytes(sink.getvalue().to_pybytes())

    with pytest.raises(UserError):
        survives_not(lambda: compare.compare(whole, predictions.read()), written)
    assert kind


def survives_not(act: Callable[[], object], damage: Damage) -> None:
    whole = predictions.PATH.read_bytes()
    try:
        predictions.PATH.write_bytes(damage(whole, np.random.default_rng(0)))
        act()
    finally:
        predictions.PATH.write_bytes(whole)
