"""How each format is loaded in Python, for the model card."""

# What follows the pixels in Python; the file that resizes takes a picture as it is.
PYTHON = {
    "onnx": """\
import onnxruntime
session = onnxruntime.InferenceSession("model.onnx")
logits, probabilities = session.run(None, {"images": pixels})""",
    "int8": """\
import onnxruntime
session = onnxruntime.InferenceSession("model.int8.onnx")
logits, probabilities = session.run(None, {"images": pixels})""",
    "torchscript": """\
import torch
network = torch.jit.load("model.torchscript.pt")
logits, probabilities = network(torch.tensor(pixels))""",
    "pt2": """\
import torch
network = torch.export.load("model.pt2").module()
logits, probabilities = network(torch.tensor(pixels))""",
    "aoti": """\
import torch
network = torch._inductor.aoti_load_package("model.aoti.pt2")
logits, probabilities = network(torch.tensor(pixels))""",
    "onnx_any_size": """\
import numpy, onnxruntime
from PIL import Image, ImageOps
image = ImageOps.exif_transpose(Image.open("image.png")).convert("MODE")
pixels = numpy.array(image).reshape(1, image.height, image.width, -1)
session = onnxruntime.InferenceSession("model_any_size.onnx")
logits, probabilities = session.run(None, {"images": pixels})""",
}
