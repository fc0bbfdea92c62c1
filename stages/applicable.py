"""Which parameters of a training have an effect, given the others.

Model card and report show these alone: a learning rate of Muon's says nothing of an AdamW.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple


class Condition(NamedTuple):
    """A condition on another parameter: one of these values, or none of those."""

    name: str
    among: Sequence[object] = ()
    beside: Sequence[object] = ()

    def holds(self, values: Mapping[str, object]) -> bool:
        """Return whether it is met; what is not known is taken to be met."""
        if self.name not in values:
            return True
        found = values[self.name]
        return found in self.among if self.among else found not in self.beside


OF_CNN = Condition("network", ("cnn",))
OF_LIBRARIES = Condition("network", ("torchvision", "timm"))
OF_DENSE = Condition("network", ("mlp", "cnn"))
OF_FILTERS = Condition("network", ("cnn", "resnet_small", "speednet"))
OF_MUON = Condition("optimizer", ("muon",))
OF_RAND = Condition("policy", ("rand",))
STARTED = Condition("weights", beside=("none",))
# Parameters that count only if all that is named here holds.
CONDITIONS: Mapping[str, Sequence[Condition]] = {
    "architecture": (OF_LIBRARIES,),
    "stem": (OF_LIBRARIES,),
    "drop_path": (Condition("network", ("timm",)),),
    "hidden": (OF_DENSE,),
    "activation": (OF_DENSE,),
    "dropout": (OF_DENSE,),
    "filters": (OF_FILTERS,),
    "kernel": (OF_CNN,),
    "norm": (OF_CNN,),
    "readout": (OF_CNN,),
    "weights_revision": (STARTED, Condition("network", ("timm",))),
    "weights_sha256": (STARTED,),
    "focal_gamma": (Condition("loss", ("focal",)),),
    "momentum": (Condition("optimizer", ("sgd", "rmsprop", "muon")),),
    "nesterov": (Condition("optimizer", ("sgd", "muon")),),
    "muon_rest": (OF_MUON,),
    "rest_lr": (OF_MUON,),
    "rest_momentum": (OF_MUON, Condition("muon_rest", ("sgd",))),
    "muon_normalize": (OF_MUON,),
    "decay_norms": (Condition("weight_decay", beside=(0,)),),
    "step_epochs": (Condition("schedule", ("step",)),),
    "milestones": (Condition("schedule", ("multi_step",)),),
    "gamma": (Condition("schedule", ("step", "multi_step", "plateau", "exponential")),),
    "plateau_patience": (Condition("schedule", ("plateau",)),),
    "policy_ops": (OF_RAND,),
    "policy_magnitude": (OF_RAND,),
}
# Values by which a parameter says that what it steers is not done.
OFF: Mapping[str, object] = {
    "accumulate": 1,
    "brightness": 0,
    "class_weights": "none",
    "clip_norm": None,
    "compile": False,
    "contrast": 0,
    "crop_padding": 0,
    "cutmix": 0,
    "drop_path": 0,
    "dropout": 0,
    "ema": None,
    "erasing": 0,
    "flip": "none",
    "freeze": "none",
    "head_lr": None,
    "hue": 0,
    "label_smoothing": 0,
    "layer_decay": 1,
    "limit_batches": None,
    "mixup": 0,
    "overfit_batches": None,
    "patience": None,
    "policy": "none",
    "resized_crop": 1,
    "rotation": 0,
    "saturation": 0,
    "tf32": False,
    "warmup_epochs": 0,
    "weights_revision": None,
    "weights_sha256": None,
}


def applicable(values: Mapping[str, object]) -> dict[str, object]:
    """Return the parameters that have an effect, in their order; what is not known here stays."""
    return {
        name: value
        for name, value in values.items()
        if all(condition.holds(values) for condition in CONDITIONS.get(name, ()))
        and not (name in OFF and _same(value, OFF[name]))
    }


def called(values: Mapping[str, object]) -> str:
    """Return the name of the network, or of the architecture of a library."""
    name = "architecture" if values["network"] in OF_LIBRARIES.among else "network"
    return str(values[name])


def _same(one: object, other: object) -> bool:
    """Compare two values; false is no 0."""
    return one == other and isinstance(one, bool) == isinstance(other, bool)
