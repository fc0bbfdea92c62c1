"""Convolutions and pooling, with channels last."""

from typing import Any

import numpy as np
from onnx import NodeProto

from stages.exporting.inference import UnsupportedError
from stages.exporting.lite.flatbuffer import Tensor
from stages.exporting.lite.layouts import Layouts, attributes

SAME, VALID = 0, 1  # how LiteRT calls the padding of ceil(size / stride) windows, and none


class Window:
    """Kernel size, strides, dilations and padding along H and W, from the attributes of a node."""

    def __init__(self, layouts: Layouts, node: NodeProto, size: tuple[int, int]) -> None:
        """Take the size of the windows, of H and W."""
        given = attributes(node)
        self.size, self.steps = size, tuple(given.get("strides", (1, 1)))
        self.spread = tuple(given.get("dilations", (1, 1)))
        if given.get("auto_pad", b"NOTSET") != b"NOTSET" or len(size) != 2:
            raise UnsupportedError(f"{node.op_type} of {len(size)} dimensions, or padded by itself")
        before = tuple(given.get("pads", (0, 0, 0, 0)))[:2]
        found = layouts.kinds[node.input[0]].shape[2:]
        wanted = layouts.kinds[node.output[0]].shape[2:]
        # What the windows cover may be less or more than what is there and was padded.
        self.pads = tuple(
            (before[axis], max(0, self._covered(axis, wanted[axis]) - found[axis] - before[axis]))
            for axis in (0, 1)
        )
        self.same = all(
            wanted[axis] == -(-found[axis] // self.steps[axis])
            and before[axis] == max(0, self._covered(axis, wanted[axis]) - found[axis]) // 2
            for axis in (0, 1)
        )

    def _covered(self, axis: int, windows: int) -> int:
        return int((windows - 1) * self.steps[axis] + (self.size[axis] - 1) * self.spread[axis] + 1)

    @property
    def options(self) -> dict[str, Any]:
        """The steps, as options of LiteRT."""
        return {"strideH": self.steps[0], "strideW": self.steps[1]}


def _padded(layouts: Layouts, source: Tensor, window: Window, value: float) -> tuple[Tensor, int]:
    """Return the input and the padding by which LiteRT has the same windows."""
    if window.same:
        return source, SAME
    if not any(map(any, window.pads)):
        return source, VALID
    (top, bottom), (left, right) = window.pads
    high, wide = source.shape[1] + top + bottom, source.shape[2] + left + right
    shape = source.shape[0], high, wide, source.shape[3]
    pads = layouts.lite.constant(np.array([(0, 0), *window.pads, (0, 0)], np.int32))
    if value == 0:
        return layouts.step("PAD", [source, pads], shape, of="PadOptions"), VALID
    filled = [source, pads, layouts.scalar(value)]
    return layouts.step("PADV2", filled, shape, of="PadV2Options"), VALID


def convolution(layouts: Layouts, node: NodeProto) -> None:
    """Translate a convolution; one of as many groups as channels has an operator of its own."""
    weights, groups = layouts.known(node, 1), attributes(node).get("group", 1)
    window = Window(layouts, node, weights.shape[2:])
    source = layouts.get(node.input[0], last=True)
    source, padding = _padded(layouts, source, window, 0.0)
    spread = {"dilationHFactor": window.spread[0], "dilationWFactor": window.spread[1]}
    options = {"padding": padding, **window.options, **spread}
    made = layouts.output(node, last=True)
    bias = layouts.known(node, 2) if len(node.input) > 2 else np.zeros(len(weights), np.float32)
    if weights.shape[1] == 1 and groups == source.shape[3]:
        filters = weights.transpose(1, 2, 3, 0)  # [1, H, W, C x multiplier]
        code, kind = "DEPTHWISE_CONV_2D", "DepthwiseConv2DOptions"
        options["depthMultiplier"] = len(weights) // groups
    else:
        filters = weights.transpose(0, 2, 3, 1)  # [out, H, W, in / groups]
        code, kind = "CONV_2D", "Conv2DOptions"
    inputs = [source, layouts.lite.constant(filters), layouts.lite.constant(bias)]
    layouts.lite.add(code, inputs, made, of=kind, **options)


def pooling(layouts: Layouts, node: NodeProto) -> None:
    """Translate pooling by maximum or average."""
    given, most = attributes(node), node.op_type == "MaxPool"
    window = Window(layouts, node, tuple(given["kernel_shape"]))
    padded = any(map(any, window.pads))
    # SAME leaves padding out of an average.
    window.same &= most or not padded or not given.get("count_include_pad", 0)
    if window.spread != (1, 1) or (padded and not most and not window.same and not _whole(given)):
        raise UnsupportedError(f"{node.op_type} with such padding or dilation")
    source = layouts.get(node.input[0], last=True)
    lowest = float(np.finfo(np.float32).min)
    source, padding = _padded(layouts, source, window, lowest if most else 0.0)
    sizes = {"filterHeight": window.size[0], "filterWidth": window.size[1]}
    made, code = layouts.output(node, last=True), "MAX_POOL_2D" if most else "AVERAGE_POOL_2D"
    options = {"padding": padding, **window.options, **sizes}
    layouts.lite.add(code, [source], made, of="Pool2DOptions", **options)


def _whole(given: dict[str, Any]) -> bool:
    """Return whether an average counts its padding, and no window reaches beyond that."""
    return bool(given.get("count_include_pad", 0)) and not given.get("ceil_mode", 0)


def batch_norm(layouts: Layouts, node: NodeProto) -> None:
    """Translate batch normalisation, by scale and shift of each channel."""
    scale, shift, mean, variance = (layouts.known(node, number) for number in (1, 2, 3, 4))
    factor = scale / np.sqrt(variance + attributes(node).get("epsilon", 1e-5))
    rank = len(layouts.kinds[node.input[0]].shape)
    last = layouts.are_last(node)
    shape = (-1,) if last or rank == 2 else (-1, *[1] * (rank - 2))
    source = layouts.get(node.input[0], last=last)
    one, other = (
        layouts.lite.constant(part.astype(np.float32).reshape(shape))
        for part in (factor, shift - mean * factor)
    )
    scaled = layouts.step("MUL", [source, one], source.shape, of="MulOptions")
    layouts.lite.add("ADD", [scaled, other], layouts.output(node, last=last), of="AddOptions")
