"""Format onnx_any_size: ONNX that resizes its input itself, uint8 [N, any, any, C]."""

from collections.abc import Iterator

import numpy as np
from jaxtyping import UInt8
from onnx import ModelProto, parser
from onnxruntime import InferenceSession
from PIL import Image as Picture

from reprise.resizing import fit
from stages.exporting import onnx
from stages.exporting.comparison import bound
from stages.exporting.description import spec
from stages.exporting.inference import UnsupportedError
from stages.nets.interface import Interface
from stages.pictures import picture

NAME, FILE = "onnx_any_size", "model_any_size.onnx"
# As Pillow: pixels beyond the border have no weight, and a is -0.5 in the cubic filter. Rounding
# still differs: by 1, as rows and columns are filtered in another order, and more at hard edges.
FILTERS = {
    "nearest": 'mode = "nearest", nearest_mode = "round_prefer_ceil"',
    "bilinear": 'mode = "linear", antialias = 1, exclude_outside = 1',
    "bicubic": 'mode = "cubic", antialias = 1, exclude_outside = 1, cubic_coeff_a = -0.5',
}
SCALED = {  # height and width after resizing, before cropping or padding
    "stretch": "resize_scaled = Identity(resize_size)",
    "crop": "resize_scaled = Max(resize_size, resize_fitting)",
    "pad": """resize_less = Min(resize_size, resize_fitting)
              resize_scaled = Max(resize_less, resize_one)""",
}
CUT = {  # from those to the height and width of the network
    "stretch": "resize_fitted = Identity(resize_made)",
    "crop": """resize_over = Sub(resize_scaled, resize_size)
               resize_exact = Cast <to = 1> (resize_over)
               resize_half = Mul(resize_exact, resize_halved)
               resize_even = Round(resize_half)
               resize_start = Cast <to = 7> (resize_even)
               resize_end = Add(resize_start, resize_size)
               resize_fitted = Slice(resize_made, resize_start, resize_end, resize_axes)""",
    "pad": """resize_room = Sub(resize_size, resize_scaled)
              resize_before = Div(resize_room, resize_two)
              resize_after = Sub(resize_room, resize_before)
              resize_pads =
                  Concat <axis = 0> (resize_none, resize_before, resize_none, resize_after)
              resize_fitted = Pad(resize_made, resize_pads)""",
}
GRAPH = """<ir_version: {ir}, opset_import: ["": {opset}]>
resizing (uint8[batch, rows, columns, {channels}] images) =>
         (uint8[batch, {height}, {width}, {channels}] pixels)
<int64[2] resize_size = {{{height}, {width}}}, int64[2] resize_across = {{{width}, {height}}},
 int64[2] resize_turn = {{1, 0}}, int64[2] resize_axes = {{2, 3}}, int64[1] resize_one = {{1}},
 int64[2] resize_none = {{0, 0}}, int64[1] resize_two = {{2}}, float[1] resize_halved = {{0.5}}>
{{
    resize_source = Shape <start = 1, end = 3> (images)
    resize_turned = Gather(resize_source, resize_turn)
    resize_products = Mul(resize_source, resize_across)
    resize_fitting = Div(resize_products, resize_turned)
    {scaled}
    resize_planes = Transpose <perm = [0, 3, 1, 2]> (images)
    resize_counts = Shape <end = 2> (resize_planes)
    resize_shape = Concat <axis = 0> (resize_counts, resize_scaled)
    resize_made = Resize <{filter}> (resize_planes, , , resize_shape)
    {cut}
    pixels = Transpose <perm = [0, 2, 3, 1]> (resize_fitted)
}}"""


def resizing(interface: Interface, like: bytes) -> bytes:
    """Return the resizing as a model, with the opset and IR version of the model `like`.

    Raises:
        UnsupportedError: ONNX lacks the filter of the interpolation.
    """
    if interface.interpolation not in FILTERS:
        raise UnsupportedError(
            f"ONNX has no filter {interface.interpolation}, only {', '.join(FILTERS)}"
        )
    model = ModelProto.FromString(like)
    text = GRAPH.format(
        ir=model.ir_version,
        opset=model.opset_import[0].version,
        scaled=SCALED[interface.resize],
        filter=FILTERS[interface.interpolation],
        cut=CUT[interface.resize],
        **interface.model_dump(include={"channels", "height", "width"}),
    )
    return bytes(parser.parse_model(text).SerializeToString(deterministic=True))


def prepend(resizing: bytes, model: bytes, description: str) -> bytes:
    """Join two models: resize, then predict."""
    before, joined = (ModelProto.FromString(part) for part in (resizing, model))
    for node in joined.graph.node:
        node.input[:] = ["pixels" if name == "images" else name for name in node.input]
    nodes = [*before.graph.node, *joined.graph.node]  # in the order of computation
    for field in ("input", "node"):
        joined.graph.ClearField(field)
    joined.graph.input.extend(before.graph.input)
    joined.graph.node.extend(nodes)
    joined.graph.initializer.extend(before.graph.initializer)
    return onnx.finished(joined, description)


LIMIT = 500  # images that are compared, evenly spread over the split
SCALES = ((2.5, 2.5), (3.0, 1.5), (1.5, 3.0), (0.6, 0.8))  # of height and width, in turn


def discrepancy(
    resizing: bytes, model: bytes, images: UInt8[np.ndarray, "n h w c"], interface: Interface
) -> dict[str, int | float]:
    """Compare `resizing` with Pillow's, in pixels, [0, 255], and in what `model` predicts of both.

    The images are enlarged or shrunk by Pillow before: their originals are no input of the stage.
    """
    resize, predict = (onnx.session(part, 1) for part in (resizing, model))
    pixels, probabilities, same = list[np.ndarray](), list[float](), list[bool]()
    for original in _pictures(images):
        pair = np.stack([fit(original, spec(interface)), _resized(resize, original)])
        (found,) = predict.run(["probabilities"], {"images": pair})
        pixels.append(np.abs(pair[0].astype(np.int16) - pair[1]))
        probabilities.append(float(np.abs(found[0] - found[1]).max()))
        same.append(bool(found[0].argmax() == found[1].argmax()))
    return {
        "images": len(same),
        "agreement": float(np.mean(same)),
        "max_probability_difference": bound(max(probabilities)),
        "max_pixel_difference": float(max(part.max() for part in pixels)),
        "mean_pixel_difference": float(np.mean([part.mean() for part in pixels])),
    }


def _pictures(images: UInt8[np.ndarray, "n h w c"]) -> Iterator[Picture.Image]:
    """Yield images enlarged or shrunk."""
    rows = np.linspace(0, len(images) - 1, min(LIMIT, len(images))).astype(int)
    for number, row in enumerate(rows):
        tall, wide = SCALES[number % len(SCALES)]
        image = picture(images[row])
        size = max(1, round(image.width * wide)), max(1, round(image.height * tall))
        yield image.resize(size, Picture.Resampling.BICUBIC)


def _resized(session: InferenceSession, original: Picture.Image) -> UInt8[np.ndarray, "h w c"]:
    pixels = np.asarray(original).reshape(1, original.height, original.width, -1)
    (found,) = session.run(["pixels"], {"images": pixels})
    resized: UInt8[np.ndarray, "h w c"] = found[0]
    return resized
