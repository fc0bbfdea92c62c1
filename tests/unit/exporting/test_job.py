import logging
import sys

import pytest
import torch
from exports import IMAGES, Branching, close, expected, job

from stages.exporting.inference import Outputs, collect, quiet


@pytest.mark.parametrize("count", [1, 2, 7])
def test_the_graph_takes_any_number_of_images(count: int) -> None:
    found = Outputs(*job().program.module()(IMAGES[:count]))
    close(found, expected(IMAGES[:count]))


def test_no_place_in_the_code_is_noted() -> None:
    notes = {note for node in job().program.graph.nodes for note in node.meta}
    assert not {"stack_trace", "nn_module_stack"} & notes


def test_what_depends_on_values_is_refused_without_a_word(
    capfd: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(Exception, match="data-dependent"):
        _ = job(Branching()).program
    assert capfd.readouterr() == ("", "")


def test_outputs_of_batches_are_joined_in_their_order() -> None:
    one = [torch.full((2, 3), 1.0), torch.full((2, 3), -1.0)]
    flags = [torch.ones(2).bool(), torch.ones(2, 3).bool(), torch.zeros(2).bool()]
    joined = collect([*(part * n for part in one), *flags] for n in (1, 2))
    assert joined.logits[:, 0].tolist() == [1, 1, 2, 2]
    assert joined.probabilities[:, 0].tolist() == [-1, -1, -2, -2]


def test_silence_ends(caplog: pytest.LogCaptureFixture) -> None:
    with quiet():
        logging.warning("unheard")
        print("unheard", file=sys.stderr)
    with pytest.raises(ValueError, match="raised"), quiet():
        raise ValueError("raised")
    logging.warning("heard")
    assert caplog.messages == ["heard"]
