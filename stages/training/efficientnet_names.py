"""Names of an EfficientNet's weights in the package efficientnet-pytorch, as timm has them.

Both number the blocks: that package from first to last, timm within each stage.
"""

import re
from collections.abc import Collection, Iterable, Mapping

from torch import Tensor

BLOCK = re.compile(r"_blocks\.(\d{1,4})\.(\w+)\.(\w+)", re.ASCII)
MARK = "_conv_stem.weight"  # which no other package has
ENDS = {  # around the blocks
    "_conv_stem": "conv_stem",
    "_bn0": "bn1",
    "_conv_head": "conv_head",
    "_bn1": "bn2",
    "_fc": "classifier",
}
EXCITATION = {"_se_reduce": "se.conv_reduce", "_se_expand": "se.conv_expand"}
WIDENING = {  # a block whose first convolution adds channels
    "_expand_conv": "conv_pw",
    "_bn0": "bn1",
    "_depthwise_conv": "conv_dw",
    "_bn1": "bn2",
    "_project_conv": "conv_pwl",
    "_bn2": "bn3",
}
PLAIN = {"_depthwise_conv": "conv_dw", "_bn1": "bn1", "_project_conv": "conv_pw", "_bn2": "bn2"}


def renamed(own: Iterable[str], found: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return the weights found by the names of timm's network, whose own are given.

    What has no counterpart there keeps its name, and so do the weights of any other network. All
    names may have a prefix, as those of torch's parallel training or of a checkpoint of Lightning.
    """
    blocks = dict.fromkeys(
        ".".join(name.split(".")[:3]) for name in own if name.startswith("blocks.")
    )
    prefix = next((name.removesuffix(MARK) for name in found if name.endswith(MARK)), None)
    if prefix is None or not blocks:
        return dict(found)
    inner = {name.removeprefix(prefix): name for name in found if name.startswith(prefix)}
    names = {name: prefix + _renamed(short, [*blocks], inner) for short, name in inner.items()}
    return {names.get(name, name): weight for name, weight in found.items()}


def _renamed(name: str, blocks: list[str], found: Collection[str]) -> str:
    inner = BLOCK.fullmatch(name)
    if not inner:
        first, dot, rest = name.partition(".")
        return f"{ENDS.get(first, first)}{dot}{rest}"
    number, layer, last = inner.groups()
    if int(number) >= len(blocks):
        return name
    layers = WIDENING if f"_blocks.{number}._expand_conv.weight" in found else PLAIN
    return f"{blocks[int(number)]}.{(layers | EXCITATION).get(layer, layer)}.{last}"
