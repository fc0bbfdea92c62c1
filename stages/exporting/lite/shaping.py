"""Operators that move values and compute none."""

import numpy as np
from onnx import NodeProto

from stages.exporting.inference import UnsupportedError
from stages.exporting.lite.layouts import TO_FIRST, TO_LAST, Layouts, attributes

FAR = 2**31 - 1  # beyond every axis; what ONNX writes for the end of one has 64 bits


def reshape(layouts: Layouts, node: NodeProto) -> None:
    """Give the same values another shape, which is known."""
    found, shape = layouts.tensors[node.input[0]], layouts.kinds[node.output[0]].shape
    # Of one pixel, either order is the same.
    spatial = layouts.kinds[node.input[0]].shape[2:]
    last = False not in found and set(spatial) == {1}
    source, made = layouts.get(node.input[0], last=last), layouts.output(node)
    inputs = [source, layouts.ints(*shape)]
    layouts.lite.add("RESHAPE", inputs, made, of="ReshapeOptions", newShape=[*shape])


def transpose(layouts: Layouts, node: NodeProto) -> None:
    """Permute the axes; between the two orders, nothing is to be done."""
    order, source = tuple(attributes(node)["perm"]), node.input[0]
    if order == TO_FIRST:
        layouts.put(node.output[0], layouts.get(source), last=True)
    elif order == TO_LAST and True in layouts.tensors[source]:
        layouts.put(node.output[0], layouts.get(source, last=True))
    else:
        inputs = [layouts.get(source), layouts.ints(*order)]
        layouts.lite.add("TRANSPOSE", inputs, layouts.output(node), of="TransposeOptions")


def concatenate(layouts: Layouts, node: NodeProto) -> None:
    """Join tensors along an axis."""
    last = layouts.are_last(node) and not any(name in layouts.constants for name in node.input)
    shape = layouts.kinds[node.output[0]].shape
    axis = attributes(node)["axis"] % len(shape)
    inputs = [layouts.get(name, last=last) for name in node.input]
    options = {"of": "ConcatenationOptions", "axis": TO_LAST.index(axis) if last else axis}
    layouts.lite.add("CONCATENATION", inputs, layouts.output(node, last=last), **options)


def gather(layouts: Layouts, node: NodeProto) -> None:
    """Take rows of an axis by constant places."""
    rank = len(layouts.kinds[node.input[0]].shape)
    axis = attributes(node).get("axis", 0) % rank
    size = layouts.kinds[node.input[0]].shape[axis]
    places = np.asarray(layouts.known(node, 1) % size)  # from the end, where negative
    inputs = [layouts.get(node.input[0]), layouts.lite.constant(places.astype(np.int32))]
    layouts.lite.add("GATHER", inputs, layouts.output(node), of="GatherOptions", axis=axis)


def split(layouts: Layouts, node: NodeProto) -> None:
    """Cut a tensor along an axis into the shapes of the outputs."""
    last, shape = layouts.are_last(node), layouts.kinds[node.input[0]].shape
    axis = attributes(node).get("axis", 0) % len(shape)
    place = TO_LAST.index(axis) if last else axis
    sizes = [layouts.kinds[name].shape[axis] for name in node.output]
    source = layouts.get(node.input[0], last=last)
    inputs = [source, layouts.ints(*sizes), layouts.lite.constant(np.array(place, np.int32))]
    outputs = [layouts.output(node, number, last=last) for number in range(len(sizes))]
    layouts.lite.add("SPLIT_V", inputs, *outputs, of="SplitVOptions", numSplits=len(sizes))


def cut(layouts: Layouts, node: NodeProto) -> None:
    """Translate Slice: from, to and by steps, of some axes."""
    last, rank = layouts.are_last(node), len(layouts.kinds[node.input[0]].shape)
    starts, ends = (layouts.known(node, number) for number in (1, 2))
    axes = layouts.known(node, 3) if len(node.input) > 3 else np.arange(len(starts))
    steps = layouts.known(node, 4) if len(node.input) > 4 else np.ones(len(starts), np.int64)
    low, high, by = [0] * rank, [FAR] * rank, [1] * rank
    for start, end, axis, step in zip(starts, ends, axes, steps, strict=True):
        place = TO_LAST.index(axis % rank) if last else int(axis) % rank
        low[place], high[place], by[place] = int(start), min(int(end), FAR), int(step)
        if step < 1:
            raise UnsupportedError("Slice backwards")
    source, made = layouts.get(node.input[0], last=last), layouts.output(node, last=last)
    inputs = [source, *(layouts.ints(*part) for part in (low, high, by))]
    layouts.lite.add("STRIDED_SLICE", inputs, made, of="StridedSliceOptions")


def pad(layouts: Layouts, node: NodeProto) -> None:
    """Put zeros, or another constant, around a tensor."""
    if attributes(node).get("mode", b"constant") != b"constant" or len(node.input) > 3:
        raise UnsupportedError("Pad other than by a constant along all axes")
    last, ends = layouts.are_last(node), layouts.known(node, 1)
    value = layouts.known(node, 2).item() if len(node.input) > 2 and node.input[2] else 0.0
    pairs = ends.reshape(2, -1).T
    if (ends < 0).any():
        raise UnsupportedError("Pad by less than nothing")
    pads = layouts.lite.constant((pairs[[*TO_LAST]] if last else pairs).astype(np.int32))
    inputs = [layouts.get(node.input[0], last=last), pads, layouts.scalar(value)]
    layouts.lite.add("PADV2", inputs, layouts.output(node, last=last), of="PadV2Options")


def expand(layouts: Layouts, node: NodeProto) -> None:
    """Repeat a tensor along axes of size 1."""
    shape = layouts.kinds[node.output[0]].shape
    inputs = [layouts.get(node.input[0]), layouts.ints(*shape)]
    layouts.lite.add("BROADCAST_TO", inputs, layouts.output(node), of="BroadcastToOptions")
