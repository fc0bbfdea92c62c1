import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from exports import IMAGES, PARAMS, Branching, close, expected, job, warm

from stages.artifacts.exported import Files
from stages.exporting import openvino
from stages.exporting.inference import Job
from stages.exporting.openvino import GRAPH, WEIGHTS

# Not importorskip, which would import it, and with it what tells its maker.
pytestmark = pytest.mark.skipif(find_spec("openvino") is None, reason="extra openvino is absent")


@pytest.fixture(scope="module")
def model() -> Files:
    return openvino.convert(job(), PARAMS)


def test_it_is_a_graph_and_its_weights(model: Files) -> None:
    assert [*model] == [GRAPH, WEIGHTS]


def test_the_same_network_is_the_same_bytes(model: Files) -> None:
    assert openvino.convert(job(), PARAMS) == model


@pytest.mark.parametrize("size", [1, 3, 10])
def test_any_number_of_images_gives_the_outputs_of_the_classifier(model: Files, size: int) -> None:
    close(openvino.predict(model, IMAGES.split(size), 1), expected())


def test_names_and_description_are_inside_and_no_path(model: Files) -> None:
    graph = ET.fromstring(model[GRAPH])  # noqa: S314  # our own
    assert graph.find("layers/layer[@type='Parameter']").get("name") == "images"  # type: ignore[union-attr]
    (note,) = graph.iter("reprise")
    assert note.get("value") == job().description
    for path in (Path.cwd(), Path.home(), "site-packages"):
        assert f"{path}".encode() + b"/" not in model[GRAPH]


def test_names_that_are_code_elsewhere_are_kept_as_text() -> None:
    hostile = ('"/><x a="', "]]>&amp;\x00\x1b[2J")
    card = warm().card
    interface = card.interface.model_copy(update={"classes": hostile})
    source = warm()._replace(card=card.model_copy(update={"interface": interface}))
    made = openvino.convert(Job(source, IMAGES, PARAMS), PARAMS)
    (note,) = ET.fromstring(made[GRAPH]).iter("reprise")  # noqa: S314  # as above
    assert note.get("value") == Job(source, IMAGES, PARAMS).description


def test_images_of_another_size_are_refused(model: Files) -> None:
    with pytest.raises(RuntimeError, match="incompatible"):
        openvino.predict(model, [IMAGES[:, :3]], 1)


def test_control_flow_is_refused() -> None:
    with pytest.raises(Exception, match="data-dependent"):
        openvino.convert(job(Branching()), PARAMS)


def test_its_maker_is_told_nothing() -> None:
    """Importing OpenVINO would otherwise send an event, and write a mark into the home folder."""
    code = (
        "import sys; from stages.exporting import openvino; openvino.core();"
        "print([name for name, it in sys.modules.items() if 'openvino_telemetry' in name and it])"
    )
    found = subprocess.check_output([sys.executable, "-c", code], text=True)
    assert found == "[]\n"
