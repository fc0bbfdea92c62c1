"""The tensors of a graph in either order: ONNX has channels first, LiteRT's convolutions last.

A tensor is transposed where an operator asks for the other order, and never twice.
"""

from typing import Any, NamedTuple

import numpy as np
from onnx import ModelProto, NodeProto, helper, numpy_helper

from stages.exporting.inference import UnsupportedError
from stages.exporting.lite.flatbuffer import Lite, Tensor

TO_LAST, TO_FIRST = (0, 2, 3, 1), (0, 3, 1, 2)  # permutations of [N, C, H, W] and [N, H, W, C]


class Kind(NamedTuple):
    """Shape and type of a value of the graph, dimensions in ONNX's order."""

    shape: tuple[int, ...]
    kind: str  # as NumPy calls it


class Layouts:
    """The values of an ONNX graph as tensors of a file."""

    def __init__(self, model: ModelProto, lite: Lite) -> None:
        """Take a graph whose shapes are all known, and a file that is empty yet."""
        self.lite = lite
        graph = model.graph
        self.constants = {one.name: numpy_helper.to_array(one) for one in graph.initializer}
        self.kinds = {
            one.name: Kind(
                tuple(size.dim_value for size in one.type.tensor_type.shape.dim),
                str(helper.tensor_dtype_to_np_dtype(one.type.tensor_type.elem_type)),
            )
            for one in (*graph.input, *graph.value_info, *graph.output)
        }
        self.tensors = dict[str, dict[bool, Tensor]]()  # by name, by whether channels are last

    def get(self, name: str, *, last: bool = False) -> Tensor:
        """Return a value, with channels last or as ONNX has it."""
        if name in self.constants:
            values = self.constants[name]
            return self.lite.constant(channels_last(values) if last else values)
        found = self.tensors[name]
        if last not in found:
            found[last] = self._transposed(found[not last], TO_LAST if last else TO_FIRST)
        return found[last]

    def _transposed(self, source: Tensor, order: tuple[int, ...]) -> Tensor:
        made = self.lite.variable([source.shape[axis] for axis in order], source.kind)
        if [size for size in source.shape if size > 1] == [size for size in made.shape if size > 1]:
            return self.lite.add("RESHAPE", [source, self.ints(*made.shape)], made)
        return self.lite.add("TRANSPOSE", [source, self.ints(*order)], made)

    def put(self, name: str, tensor: Tensor, *, last: bool = False) -> None:
        """Keep the tensor of a value."""
        self.tensors[name] = {last: tensor}

    def are_last(self, node: NodeProto) -> bool:
        """Return whether a node best computes with channels last: all inputs can, one is so."""
        given = [name for name in node.input if name and name not in self.constants]
        ranks = {len(self.kinds[name].shape) for name in given}
        sizes = [self.constants[name].ndim for name in node.input if name in self.constants]
        return ranks == {4} and max(sizes, default=0) <= 4 and any(map(self._is_last, given))

    def _is_last(self, name: str) -> bool:
        return True in self.tensors[name]

    def output(self, node: NodeProto, number: int = 0, *, last: bool = False) -> Tensor:
        """Make the tensor of an output, and keep it."""
        name = node.output[number]
        shape, kind = self.kinds[name]
        made = self.lite.variable([shape[axis] for axis in TO_LAST] if last else shape, kind)
        self.put(name, made, last=last)
        return made

    def step(
        self,
        code: str,
        inputs: list[Tensor],
        shape: tuple[int, ...],
        **options: object,
    ) -> Tensor:
        """Add an operator that no node of the graph stands for; return its floats."""
        return self.lite.add(code, inputs, self.lite.variable(shape, "float32"), **options)

    def ints(self, *values: int) -> Tensor:
        """Return a constant, int32 [n]."""
        return self.lite.constant(np.array(values, np.int32))

    def scalar(self, value: float) -> Tensor:
        """Return a constant, float32 []."""
        return self.lite.constant(np.array(value, np.float32))

    def known(self, node: NodeProto, number: int) -> np.ndarray:
        """Return an input that must be a constant.

        Raises:
            UnsupportedError: it is computed.
        """
        name = node.input[number]
        if name not in self.constants:
            raise UnsupportedError(f"LiteRT's {node.op_type} would depend on the image")
        return self.constants[name]


def channels_last(values: np.ndarray) -> np.ndarray:
    """Return a constant that is broadcast to [N, C, H, W] as one for [N, H, W, C]."""
    if values.size == 1:
        return values
    return values.reshape((1,) * (4 - values.ndim) + values.shape).transpose(TO_LAST)


def attributes(node: NodeProto) -> dict[str, Any]:
    """Return the attributes of a node that are given."""
    return {one.name: helper.get_attribute_value(one) for one in node.attribute}
