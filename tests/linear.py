"""A linear classifier as an exported model, made by hand, and the same in NumPy."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from onnx import ModelProto, TensorProto, helper, numpy_helper

from reprise.metadata import KEY, Metadata, dump
from reprise.spec import InputSpec

SPEC = InputSpec(6, 7, 3, "crop", "bilinear")
DECISIONS = {"answered": [], "sets": [3], "ood": []}  # shapes after the batch
CARD = Metadata(("ants", "bees", "Käfer"), SPEC, 2.0, "uint8", "Apache-2.0", "0.1.0")


def weights(of: Metadata) -> np.ndarray:
    """Return the weights [H x W x C, K]."""
    size = of.spec.height * of.spec.width * of.spec.channels
    return np.random.default_rng(0).normal(0, 0.3, (size, len(of.classes))).astype(np.float32)


def probabilities(images: np.ndarray, of: Metadata) -> np.ndarray:
    """Return the calibrated probabilities [N, K] of images uint8 [N, H, W, C], in float64."""
    logits = images.reshape(len(images), -1) / 255.0 @ weights(of) / of.temperature
    odds = np.exp(logits - logits.max(1, keepdims=True))
    shares: np.ndarray = odds / odds.sum(1, keepdims=True)
    return shares


def model(of: Metadata = CARD, metadata: Mapping[str, str] | None = None) -> ModelProto:
    """Return the ONNX model, of `metadata` instead of what the exporter writes."""
    taken = TensorProto.UINT8 if of.input == "uint8" else TensorProto.FLOAT
    spec, classes = of.spec, len(of.classes)
    constants = {
        "scale": np.float32(255 if of.input == "uint8" else 1),
        "flat": np.array([-1, spec.height * spec.width * spec.channels]),
        "weights": weights(of),
        "temperature": np.float32(of.temperature),
    }
    steps = [("Cast", "images", "real"), ("Div", "real scale", "unit")]
    steps += [("Reshape", "unit flat", "row"), ("MatMul", "row weights", "logits")]
    steps += [("Div", "logits temperature", "cooled"), ("Softmax", "cooled", "probabilities")]
    options: dict[str, Any] = {"Cast": {"to": int(TensorProto.FLOAT)}, "Softmax": {"axis": 1}}
    if rule := of.rule:
        least = np.float32(rule.set_threshold if rule.set_threshold is not None else 2)
        most = np.float32(np.inf if rule.energy_threshold is None else rule.energy_threshold)
        constants |= {"threshold": np.float32(rule.threshold), "least": least, "most": most}
        steps += [
            ("ReduceMax", "probabilities one", "top"), ("ReduceLogSumExp", "cooled one", "sum"),
            ("Mul", "sum minus", "energy"), ("Greater", "energy most", "ood"),
            ("GreaterOrEqual", "top threshold", "sure"), ("Not", "ood", "familiar"),
            ("And", "sure familiar", "answered"), ("Unsqueeze", "top one", "highest"),
            ("Min", "highest least", "edge"), ("GreaterOrEqual", "probabilities edge", "sets"),
        ]  # fmt: skip
        constants |= {"one": np.array([1]), "minus": np.float32(-of.temperature)}
        options |= {op: {"keepdims": 0} for op in ("ReduceMax", "ReduceLogSumExp")}
    graph = helper.make_graph(
        [helper.make_node(op, i.split(), [o], **options.get(op, {})) for op, i, o in steps],
        "linear",
        [helper.make_tensor_value_info("images", taken, ["batch", *spec[:3]])],
        [
            helper.make_tensor_value_info(name, TensorProto.FLOAT, ["batch", classes])
            for name in ("logits", "probabilities")
        ]
        + [
            helper.make_tensor_value_info(name, TensorProto.BOOL, ["batch", *rest])
            for name, rest in DECISIONS.items()
            if of.rule
        ],
        [numpy_helper.from_array(np.asarray(value), name) for name, value in constants.items()],
    )
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10)
    said = {KEY: dump(of)} if metadata is None else metadata
    helper.set_model_props(made, dict(said))
    return made


def export(path: Path, of: Metadata = CARD) -> Path:
    """Write the model where the predictor is to find it."""
    path.write_bytes(model(of).SerializeToString())
    return path
