"""Write a file of LiteRT: tensors, operators, a signature and metadata, as the schema has them."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from stages.exporting.extras import installed

SIGNATURE = "serving_default"  # as LiteRT's own converters call the only one of a file
VERSION = 3  # of the schema
EXTENDED = 127  # stands where old readers look for an operator that they do not know
TYPES = {"float32": "FLOAT32", "uint8": "UINT8", "int32": "INT32", "bool": "BOOL"}
VERSIONS = {"BROADCAST_TO": 2}  # of operators whose first version no runtime has


class Tensor(NamedTuple):
    """A tensor that an operator gives: its number in the file, and what it holds."""

    number: int
    shape: tuple[int, ...]
    kind: str  # of TYPES


class Lite:
    """A file in the making: `add` gives the output of an operator, `finished` the bytes."""

    def __init__(self) -> None:
        """Begin a file.

        Raises:
            UnsupportedError: LiteRT is not installed.
        """
        with installed("litert"):
            from ai_edge_litert import schema_py_generated as schema  # noqa: PLC0415  # of an extra
        self.schema: Any = schema
        self.tensors = list[Any]()
        self.operators = list[Any]()
        self.buffers = [schema.BufferT()]  # the first is empty, and that of all variables
        self.codes = dict[str, int]()  # of operators, in the order in which they came
        self._constants = dict[tuple[str, tuple[int, ...], bytes], Tensor]()

    def variable(self, shape: Sequence[int], kind: str) -> Tensor:
        """Return a tensor that an operator is to fill, or the caller."""
        return self._tensor(shape, kind, 0)

    def constant(self, values: np.ndarray) -> Tensor:
        """Return a tensor with these values, the same for the same; LiteRT indexes by int32."""
        kept = np.ascontiguousarray(values.astype(np.int32) if values.dtype == np.int64 else values)
        key = str(kept.dtype), values.shape, kept.tobytes()
        if key not in self._constants:
            buffer = self.schema.BufferT()
            buffer.data = np.frombuffer(key[2], np.uint8)
            self.buffers.append(buffer)
            made = self._tensor(values.shape, key[0], len(self.buffers) - 1)
            self._constants[key] = made
        return self._constants[key]

    def _tensor(self, shape: Sequence[int], kind: str, buffer: int) -> Tensor:
        tensor = self.schema.TensorT()
        tensor.shape = [int(size) for size in shape]
        tensor.type = getattr(self.schema.TensorType, TYPES[kind])
        tensor.buffer, tensor.name = buffer, f"tensor_{len(self.tensors)}"
        self.tensors.append(tensor)
        return Tensor(len(self.tensors) - 1, tuple(tensor.shape), kind)

    def add(
        self, code: str, inputs: Sequence[Tensor], *outputs: Tensor, **options: object
    ) -> Tensor:
        """Add an operator that fills the outputs; return the first.

        `options` name the fields of its options, and `of` their type in the schema.
        """
        operator = self.schema.OperatorT()
        operator.opcodeIndex = self.codes.setdefault(code, len(self.codes))
        operator.inputs = [one.number for one in inputs]
        operator.outputs = [one.number for one in outputs]
        if name := str(options.pop("of", "")):
            operator.builtinOptionsType = getattr(self.schema.BuiltinOptions, name)
            operator.builtinOptions = getattr(self.schema, f"{name}T")()
            for key, value in options.items():
                setattr(operator.builtinOptions, key, value)
        self.operators.append(operator)
        return outputs[0]

    def finished(
        self, inputs: Mapping[str, Tensor], outputs: Mapping[str, Tensor], note: tuple[str, str]
    ) -> bytes:
        """Return the file; `note` is a key and a text among its metadata."""
        import flatbuffers  # noqa: PLC0415  # LiteRT needs it

        for name, tensor in (*inputs.items(), *outputs.items()):
            self.tensors[tensor.number].name = name
        model = self.schema.ModelT()
        model.version, model.description = VERSION, "Reprise"
        model.operatorCodes = [self._code(code) for code in self.codes]
        model.subgraphs = [self._graph(inputs, outputs)]
        model.signatureDefs = [self._signature(inputs, outputs)]
        model.metadata = [self._metadata(*note)]
        model.buffers = self.buffers
        builder = flatbuffers.Builder(2**20)
        builder.Finish(model.Pack(builder), b"TFL3")
        return bytes(builder.Output())

    def _code(self, name: str) -> object:
        code = self.schema.OperatorCodeT()
        code.builtinCode = getattr(self.schema.BuiltinOperator, name)
        code.deprecatedBuiltinCode = min(code.builtinCode, EXTENDED)
        code.version = VERSIONS.get(name, 1)
        return code

    def _graph(self, inputs: Mapping[str, Tensor], outputs: Mapping[str, Tensor]) -> object:
        graph = self.schema.SubGraphT()
        graph.name, graph.tensors, graph.operators = "main", self.tensors, self.operators
        graph.inputs = [one.number for one in inputs.values()]
        graph.outputs = [one.number for one in outputs.values()]
        return graph

    def _signature(self, inputs: Mapping[str, Tensor], outputs: Mapping[str, Tensor]) -> object:
        signature = self.schema.SignatureDefT()
        signature.signatureKey, signature.subgraphIndex = SIGNATURE, 0
        signature.inputs, signature.outputs = self._named(inputs), self._named(outputs)
        return signature

    def _named(self, tensors: Mapping[str, Tensor]) -> list[object]:
        named = list[object]()
        for name, tensor in tensors.items():
            one = self.schema.TensorMapT()
            one.name, one.tensorIndex = name, tensor.number
            named.append(one)
        return named

    def _metadata(self, key: str, text: str) -> object:
        buffer, metadata = self.schema.BufferT(), self.schema.MetadataT()
        buffer.data = np.frombuffer(text.encode(), np.uint8)
        self.buffers.append(buffer)
        metadata.name, metadata.buffer = key, len(self.buffers) - 1
        return metadata
