import re
from typing import get_args

import pytest
from toys import TRAIN

from stages.applicable import CONDITIONS, OFF, applicable, called
from stages.train import Train

VALUES = Train.model_validate(TRAIN).model_dump(mode="json")


def shown(**changes: object) -> dict[str, object]:
    assert not changes.keys() - VALUES.keys()
    return applicable(VALUES | changes)


def test_all_that_is_known_here_are_parameters_of_train() -> None:
    conditions = [one for many in CONDITIONS.values() for one in many]
    named = {*CONDITIONS, *OFF, *(one.name for one in conditions)}
    assert named <= Train.model_fields.keys()
    for one in conditions:
        choices = get_args(Train.model_fields[one.name].annotation)
        assert {*one.among} <= {*choices}, one


@pytest.mark.parametrize("network", ["mlp", "cnn", "resnet_small", "speednet", "timm"])
def test_a_network_has_the_parameters_whose_description_names_it(network: str) -> None:
    found = shown(network=network, dropout=0.5, drop_path=0.5)
    for name, field in Train.model_fields.items():
        families = re.search(r"\(([a-z_, ]+)\)$", field.description or "")
        if families and {*families[1].split(", ")} <= {
            "mlp", "cnn", "lenet", "resnet_small", "speednet", "torchvision", "timm"
        }:  # fmt: skip
            # A revision is that of published weights.
            expected = network in families[1].split(", ") and name != "weights_revision"
            assert (name in found) == expected, name


def test_of_an_sgd_nothing_of_muon_is_told() -> None:
    found = shown(optimizer="sgd")
    assert not {"muon_rest", "rest_lr", "rest_momentum", "muon_normalize"} & found.keys()
    assert found["momentum"] == 0.9
    assert {"muon_rest", "rest_lr", "muon_normalize"} <= shown(optimizer="muon").keys()
    assert "rest_momentum" not in shown(optimizer="muon", muon_rest="adamw")
    assert "momentum" not in shown(optimizer="adamw")


@pytest.mark.parametrize(
    ("changes", "there", "gone"),
    [
        ({}, {"lr", "epochs", "seed", "schedule"}, {"focal_gamma", "gamma", "policy_ops", "mixup"}),
        ({"loss": "focal"}, {"focal_gamma"}, set()),
        ({"schedule": "step"}, {"step_epochs", "gamma"}, {"milestones", "plateau_patience"}),
        ({"schedule": "exponential"}, {"gamma"}, {"step_epochs"}),
        ({"policy": "rand"}, {"policy_ops", "policy_magnitude"}, set()),
        ({"policy": "trivial"}, {"policy"}, {"policy_ops", "policy_magnitude"}),
        ({"mixup": 0.2, "ema": 0.9}, {"mixup", "ema"}, {"cutmix"}),
        ({"weight_decay": 0.0}, {"weight_decay"}, {"decay_norms"}),
        ({"momentum": 0.0, "hidden": []}, {"momentum", "hidden"}, set()),
        ({"deterministic": False}, {"deterministic"}, {"compile", "tf32"}),
    ],
)
def test_what_has_no_effect_is_left_out(
    changes: dict[str, object], there: set[str], gone: set[str]
) -> None:
    found = shown(**changes)
    assert there <= found.keys()
    assert not gone & found.keys()


def test_values_and_order_stay() -> None:
    found = shown()
    assert [*found] == [name for name in VALUES if name in found]
    assert all(found[name] == VALUES[name] for name in found)


def test_what_is_not_known_stays() -> None:
    assert applicable({"lr": 0.1, "mine": None, "rest_lr": 1}) == {
        "lr": 0.1, "mine": None, "rest_lr": 1
    }  # fmt: skip
    assert applicable({}) == {}


def test_a_network_of_a_library_goes_by_its_architecture() -> None:
    assert called({"network": "timm", "architecture": "vit"}) == "vit"
    assert called({"network": "lenet", "architecture": "vit"}) == "lenet"
