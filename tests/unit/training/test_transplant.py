from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn
from toys import INTERFACE, NETWORK

from stages.errors import UserError
from stages.nets import network as nets
from stages.training.state_dict import StateDict
from stages.training.transplant import transplant

CLASSES = INTERFACE.classes


def made(seed: int = 0, channels: int = 1, classes: int = 2, **params: object) -> nn.Module:
    torch.manual_seed(seed)
    names = tuple(map(str, range(classes)))
    interface = INTERFACE.model_copy(update={"channels": channels, "classes": names})
    return nets.build(NETWORK.model_copy(update=params), interface)


def copied(network: nn.Module) -> dict[str, Tensor]:
    return {name: tensor.clone() for name, tensor in network.state_dict().items()}


def give(
    network: nn.Module, weights: dict[str, Tensor], classes: tuple[str, ...] | None = None
) -> list[str]:
    return transplant(network, StateDict("file", weights, classes), CLASSES)


def differing(network: nn.Module, weights: dict[str, Tensor]) -> set[str]:
    state = network.state_dict()
    return {name for name in state if not torch.equal(state[name], weights[name])}


def test_weights_that_fit_are_taken_whole() -> None:
    network, weights = made(0), copied(made(1))
    assert give(network, weights) == []
    assert differing(network, weights) == set()


def test_the_head_of_another_number_of_classes_begins_at_0() -> None:
    network, weights = made(0), copied(made(1, classes=5))
    own = copied(network)
    remarks = give(network, weights)
    assert remarks == [
        f"head.{name}: begins at 0, since file has none for these classes"
        for name in ("weight", "bias")
    ]
    weights |= {name: torch.zeros_like(own[name]) for name in ("head.weight", "head.bias")}
    assert differing(network, weights) == set()


def test_so_does_that_of_as_many_other_classes() -> None:
    network, weights = made(0), copied(made(1))
    assert len(give(network, weights, ("cats", "dogs"))) == 2
    assert differing(network, weights) == {"head.weight", "head.bias"}


def test_that_of_the_same_classes_is_taken() -> None:
    network, weights = made(0), copied(made(1))
    assert give(network, weights, CLASSES) == []
    assert differing(network, weights) == set()


def test_a_missing_head_stays_fresh() -> None:
    network, weights = made(0), copied(made(1))
    backbone = {name: weights[name] for name in weights if not name.startswith("head.")}
    assert len(give(network, backbone)) == 2
    assert differing(network, weights) == {"head.weight", "head.bias"}


def test_filters_for_colour_are_summed_for_grey() -> None:
    network, weights = made(0), copied(made(1, channels=3))
    remarks = give(network, weights)
    assert remarks == ["body.0.weight: the filters of all channels were summed for those at hand"]
    summed = weights["body.0.weight"].sum(1, keepdim=True)
    torch.testing.assert_close(network.state_dict()["body.0.weight"], summed)
    grey = torch.randn(2, 1, 4, 5)
    colour = made(1, channels=3).eval()(grey.expand(-1, 3, -1, -1))
    torch.testing.assert_close(network.eval()(grey), colour, rtol=1e-4, atol=1e-5)


def test_filters_for_grey_answer_to_grey_in_colour_alike() -> None:
    network, grey = made(0, channels=3), torch.randn(2, 1, 4, 5)
    give(network, copied(made(1)))
    found = network.eval()(grey.expand(-1, 3, -1, -1))
    torch.testing.assert_close(found, made(1).eval()(grey), rtol=1e-4, atol=1e-5)


def test_the_counts_of_old_files_may_be_missing() -> None:
    network, weights = made(0), copied(made(1))
    old = {name: weights[name] for name in weights if not name.endswith("num_batches_tracked")}
    assert give(network, old) == []
    assert differing(network, weights) == set()


def test_half_precision_becomes_float32() -> None:
    network, weights = made(0), {name: w.half() for name, w in copied(made(1)).items()}
    give(network, weights)
    assert network.get_parameter("head.weight").dtype == torch.float32


def test_every_other_layer_that_does_not_fit_is_named_with_both_shapes() -> None:
    network, weights = made(0), copied(made(1))
    before = copied(network)
    weights["body.4.weight"] = torch.zeros(4, 9, 3, 3)
    weights["extra"] = torch.zeros(())
    del weights["body.8.weight"]
    with pytest.raises(UserError) as caught:
        give(network, weights)
    first, *lines = str(caught.value).splitlines()
    assert first.startswith("file: does not fit the network of params.yaml; set train.network, ")
    assert lines == [
        "  body.4.weight: [4, 9, 3, 3] there, [4, 2, 3, 3] in the network",
        "  body.8.weight: missing there, [8, 4, 3, 3] in the network",
        "  extra: [] there, missing in the network",
    ]
    assert differing(network, before) == set()  # nothing was taken


def test_a_first_layer_of_other_filters_is_named_as_it_is_in_the_file() -> None:
    with pytest.raises(UserError, match=r"body\.0\.weight: \[3, 3, 3, 3\] there, \[2, 1, 3, 3\]"):
        give(made(0), copied(made(1, channels=3, filters=(3, 4, 8))))


def test_of_many_layers_the_first_ten_are_named() -> None:
    with pytest.raises(UserError) as caught:
        give(made(0), copied(made(1, network="resnet_small")))
    lines = str(caught.value).splitlines()
    assert len(lines) == 12
    assert lines[-1].startswith("  and ")


def test_a_network_without_convolutions_takes_weights_too() -> None:
    network, weights = made(0, network="mlp"), copied(made(1, network="mlp"))
    assert give(network, weights) == []
    assert differing(network, weights) == set()


def renamed(weights: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {f"{prefix}{name}": weight for name, weight in weights.items()}


PREFIXES = [
    "module.", "model.", "_orig_mod.", "net.", "module._orig_mod.", "_orig_mod.module.", "ema_",
    "ema_model.module.", "state.backbone.", "student_", "1._orig_mod.", "a.b.c.d.",
]  # fmt: skip


@pytest.mark.parametrize("prefix", PREFIXES)
@pytest.mark.parametrize("kind", ["cnn", "mlp", "resnet_small"])
def test_a_prefix_of_all_names_is_taken_off_and_told(prefix: str, kind: str) -> None:
    network, weights = made(0, network=kind), copied(made(1, network=kind))
    remarks = give(network, renamed(weights, prefix))
    assert remarks == [f"file: the prefix {prefix} was taken off its names"]
    assert differing(network, weights) == set()


def test_marks_within_the_names_are_taken_off() -> None:
    network, weights = made(0), copied(made(1))
    inner = {name.replace("body.", "body._orig_mod."): held for name, held in weights.items()}
    assert give(network, renamed(inner, "model.")) == [
        "file: marks of wrappers (_orig_mod., module.) were taken off its names",
        "file: the prefix model. was taken off its names",
    ]
    assert differing(network, weights) == set()


def test_what_lies_beside_the_weights_is_told() -> None:
    network, weights = made(0), copied(made(1))
    beside = {"n_averaged": torch.tensor(3), "criterion.weight": torch.ones(2)}
    assert give(network, renamed(weights, "module.") | beside)[1:] == [
        "file: not taken, as the network has no such thing: n_averaged, criterion.weight"
    ]
    assert differing(network, weights) == set()


def test_two_sets_of_weights_are_not_guessed_between() -> None:
    weights = copied(made(1))
    with pytest.raises(UserError, match=r"this network behind ema_model\. and behind model\.,"):
        give(made(0), renamed(weights, "model.") | renamed(weights, "ema_model."))


def test_behind_a_prefix_too_the_head_of_other_classes_stays_fresh() -> None:
    network, weights = made(0, channels=1), copied(made(1, channels=3, classes=5))
    remarks = give(network, renamed(weights, "model."))
    assert [remark.partition(":")[0] for remark in remarks] == [
        "file", "body.0.weight", "head.weight", "head.bias",
    ]  # fmt: skip


def test_counts_of_batches_that_the_network_does_not_keep_are_passed_over() -> None:
    network, weights = made(0), copied(made(1))
    assert give(network, weights | {"body.0.num_batches_tracked": torch.tensor(7)}) == []
    assert differing(network, weights) == set()


@pytest.mark.parametrize("prefix", ["", "model.", "a.b."])
def test_where_names_do_not_fit_some_of_both_sides_are_named(prefix: str) -> None:
    with pytest.raises(UserError) as caught:
        give(made(0), renamed(copied(made(1, network="resnet_small")), prefix))
    _, file, network, *layers = str(caught.value).splitlines()
    begin = f", all behind {prefix}" if prefix else ""
    assert file.startswith(f"  names in the file{begin}: {prefix}stem.0.weight, {prefix}stem.1.")
    assert network.startswith("  names in the network: body.0.weight, ")
    assert any(f"{prefix}stem" in line for line in layers)
    assert any("body.0.weight: missing there" in line for line in layers)


def test_names_of_the_file_cannot_act() -> None:
    weights = {f"{name}\x1b[31m\n": held for name, held in copied(made(1)).items()}
    with pytest.raises(UserError) as caught:
        give(made(0), weights | {"x" * 100_000: torch.ones(1)})
    assert "\x1b" not in str(caught.value)
    assert len(str(caught.value)) < 4000


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda weight: weight.int(), "holds int32 strided, expected are floats"),
        (lambda weight: weight.bool(), "holds bool strided, expected are floats"),
        (lambda weight: weight.to(torch.complex64), "holds complex64 strided"),
        (lambda weight: weight.to_sparse(), "holds float32 sparse_coo"),
        (lambda weight: weight * torch.nan, "values that are not finite"),
        (lambda weight: weight.double() * 1e300, "too large for fp32"),
    ],
)
def test_weights_that_would_be_changed_or_are_no_numbers_are_refused(
    change: Callable[[Tensor], Tensor], reason: str
) -> None:
    given = copied(made())
    name = next(name for name, weight in given.items() if weight.ndim == 4)
    with pytest.raises(UserError, match=f"{name} .*{reason}"):
        give(made(1), given | {name: change(given[name])})
