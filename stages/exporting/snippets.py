"""Code of a model card: how each format is loaded and run, and its pixels in other languages."""

# How to load and run each format, given `pixels`; onnx_any_size takes a picture of any size.
PYTHON = {
    "onnx": """\
import onnxruntime
session = onnxruntime.InferenceSession("model.onnx")
logits, probabilities, answered, sets, ood = session.run(None, {"images": pixels})""",
    "int8": """\
import onnxruntime
session = onnxruntime.InferenceSession("model.int8.onnx")
logits, probabilities, answered, sets, ood = session.run(None, {"images": pixels})""",
    "torchscript": """\
import torch
network = torch.jit.load("model.torchscript.pt")
logits, probabilities, answered, sets, ood = network(torch.tensor(pixels))""",
    "pt2": """\
import torch
network = torch.export.load("model.pt2").module()
logits, probabilities, answered, sets, ood = network(torch.tensor(pixels))""",
    "aoti": """\
import torch
network = torch._inductor.aoti_load_package("model.aoti.pt2")
logits, probabilities, answered, sets, ood = network(torch.tensor(pixels))""",
    "openvino": """\
import openvino
exact = {"INFERENCE_PRECISION_HINT": "f32"}
network = openvino.Core().compile_model("openvino/model.xml", "CPU", exact)
logits, probabilities, answered, sets, ood = network({"images": pixels}).values()""",
    "litert": """\
from ai_edge_litert.interpreter import Interpreter
found = Interpreter("model.tflite").get_signature_runner()(images=pixels)
logits, probabilities = found["logits"], found["probabilities"]
answered, sets, ood = found["answered"], found["sets"], found["ood"]""",
    "coreml": """\
import coremltools  # on macOS
from PIL import Image
picture = Image.fromarray(PIXELS.astype("uint8"))
found = coremltools.models.MLModel("model.mlpackage").predict({"images": picture})
logits, probabilities = found["logits"], found["probabilities"]
answered, sets, ood = found["answered"], found["sets"], found["ood"]  # 0 or 1""",
    "onnx_any_size": """\
import numpy, onnxruntime
from PIL import Image, ImageOps
image = ImageOps.exif_transpose(Image.open("image.png")).convert("MODE")
pixels = numpy.array(image).reshape(1, image.height, image.width, -1)
session = onnxruntime.InferenceSession("model_any_size.onnx")
logits, probabilities, answered, sets, ood = session.run(None, {"images": pixels})""",
}

TYPES = {  # of the pixels in other languages
    "uint8": {"cpp": "uint8_t", "js": "Uint8Array", "tensor": "uint8"},
    "float": {"cpp": "float", "js": "Float32Array", "tensor": "float32"},
}
