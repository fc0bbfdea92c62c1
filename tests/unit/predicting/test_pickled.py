"""A classifier goes to other processes, which load its model themselves."""

import copy
import multiprocessing
import pickle
import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pytest
from linear import CARD, export
from toys import encoded, pixels

from reprise import Classifier
from reprise.model import ModelError

PICTURES = [encoded(pixels(seed)) for seed in range(4)]


class Named(Classifier):
    """A class of a user."""


@pytest.fixture
def classifier(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Classifier:
    """Return a classifier by a relative path, and go elsewhere."""
    (tmp_path / "other").mkdir()
    export(tmp_path / "m.onnx")
    monkeypatch.chdir(tmp_path)
    made = Classifier("m.onnx", threads=1, batch_size=2)
    monkeypatch.chdir(tmp_path / "other")
    return made


def test_processes_of_a_pool_answer_the_same(classifier: Classifier) -> None:
    expected = [classifier(one).to_dict() for one in PICTURES]
    with ProcessPoolExecutor(2, multiprocessing.get_context("spawn")) as pool:
        assert [one.to_dict() for one in pool.map(classifier, PICTURES)] == expected


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_what_was_asked_for_is_kept(classifier: Classifier, protocol: int) -> None:
    data = pickle.dumps(classifier, protocol)
    assert len(data) < 1000  # the model stays where it is
    found = pickle.loads(data)  # noqa: S301
    assert (found._threads, found._batch_size) == (1, 2)
    assert found.classes == classifier.classes
    assert found._model is not classifier._model


def test_threads_are_those_of_the_other_machine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = pickle.dumps(Classifier(export(tmp_path / "m.onnx")))
    monkeypatch.setattr("reprise.onnx_classifier.cores", lambda: 3)
    assert pickle.loads(data)._threads == 3  # noqa: S301


def test_a_class_of_a_user_stays_one(tmp_path: Path) -> None:
    found = pickle.loads(pickle.dumps(Named(export(tmp_path / "m.onnx"), threads=1)))  # noqa: S301
    assert type(found) is Named
    assert type(copy.deepcopy(found)) is type(copy.copy(found)) is Named


def test_answers_can_be_pickled(classifier: Classifier) -> None:
    for found in (classifier(PICTURES[0]), classifier(PICTURES)):
        again = pickle.loads(pickle.dumps(found))  # noqa: S301
        assert again.to_dict() == found.to_dict()


def test_another_model_does_not_take_its_place(classifier: Classifier, tmp_path: Path) -> None:
    data = pickle.dumps(classifier)
    export(tmp_path / "m.onnx", CARD._replace(temperature=3.0))
    with pytest.raises(ModelError, match=r"m.onnx: was exported anew since the classifier was"):
        pickle.loads(data)  # noqa: S301


def test_a_model_that_is_gone_is_told(classifier: Classifier, tmp_path: Path) -> None:
    data = pickle.dumps(classifier)
    (tmp_path / "m.onnx").unlink()
    with pytest.raises(ModelError, match="is missing"):
        pickle.loads(data)  # noqa: S301


def test_joblib_takes_it(classifier: Classifier) -> None:
    joblib = pytest.importorskip("joblib")
    expected = [classifier(one).to_dict() for one in PICTURES]
    found = joblib.Parallel(2)(joblib.delayed(classifier)(one) for one in PICTURES)
    joblib.externals.loky.get_reusable_executor().shutdown()  # its processes wait for more
    assert [one.to_dict() for one in found] == expected


def test_a_process_of_its_own_unpickles_it(classifier: Classifier, tmp_path: Path) -> None:
    (tmp_path / "c.pickle").write_bytes(pickle.dumps(classifier))
    program = "import pickle, sys; print(pickle.load(open(sys.argv[1], 'rb')).classes)"
    command = [sys.executable, "-c", program, str(tmp_path / "c.pickle")]
    root = Path(__file__).parents[3]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=root)
    assert done.stdout.strip() == str(CARD.classes)
