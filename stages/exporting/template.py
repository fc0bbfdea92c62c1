"""The text of the model card, for Jinja; in a module, so that DVC sees when it changes."""

TEMPLATE = """\
# Image classifier, version {{ params.version }}

{{ names | length }} classes, from {{ spec.height }} x {{ spec.width }} pixels, \
{{ "greyscale" if spec.channels == 1 else "RGB" }}. Licence: {{ params.license | cell }}

## Data

| split | images |
|---|---|
{% for split in ("train", "val", "test") %}
| {{ split }} | {{ "{:,}".format(meta.counts[split]) }} |
{% endfor %}

{{ "{:,}".format(meta.excluded | length) }} files of the source were left out. The classes, in the \
order of the outputs:

{% for name in names %}
{{ loop.index0 }}. {{ name | code }}
{% endfor %}

## Network

{{ "{:,}".format(weights) }} weights, trained with:

| parameter | value |
|---|---|
{% for key, value in training | dictsort %}
| {{ key }} | {{ value | written | code }} |
{% endfor %}

## Scores

On the {{ "{:,}".format(meta.counts.test) }} test images, each file in its own runtime on a CPU. \
In brackets stands the 95 % interval of the accuracy. Agreement is the share of images for which \
file and trained classifier predict the same class.

| format | accuracy | agreement | largest difference of a probability | bytes |
|---|---|---|---|---|
{% for format, figures in comparison.items() %}
{% if "unsupported" in figures %}
| {{ format }} | not made: {{ figures.unsupported | cell }} | | | |
{% else %}
| {{ format }} | {{ figures | accuracy(meta.counts.test) }} \
| {{ "{:.2%}".format(figures.agreement) }} \
| {{ "{:.0e}".format(figures.max_probability_difference) }} | {{ "{:,}".format(figures.bytes) }} |
{% endif %}
{% endfor %}
{% if "onnx_any_size" in made %}

`onnx_any_size` is compared on {{ "{:,}".format(made.onnx_any_size.images) }} test images that \
were enlarged or shrunk: its resized pixels differ from Pillow's by up to \
{{ "{:.0f}".format(made.onnx_any_size.max_pixel_difference) }} of 255.
{% endif %}

## Limits

- It sees {{ spec.height }} x {{ spec.width }} pixels; what is lost at that size is lost.
- It answers with one of its classes, also for a picture that shows none of them.
- The scores are of images from the same source as those of training; others may fare worse.
- Probabilities are softmax(logits / {{ "{:.4g}".format(temperature) }}); that temperature fits \
the val split, and images like those.

## Use

Images go in as `images`, {{ "float32 in [0, 1]" if params.input == "float" else "uint8" }} \
[N, {{ spec.height }}, {{ spec.width }}, {{ spec.channels }}]; out come `logits` and \
`probabilities`, float32 [N, {{ names | length }}]. Normalisation is inside. In Python, the \
pixels come from the same code as in training, the package `reprise` of the repository:

```python
from reprise import decoding, resizing, spec

wanted = spec.InputSpec({{ spec.height }}, {{ spec.width }}, {{ spec.channels }}, \
"{{ spec.resize }}", "{{ spec.interpolation }}")
with open("image.png", "rb") as file:
    pixels = resizing.fit(decoding.decode(file.read(), {{ spec.channels }}), wanted)[None]\
{{ '.astype("float32") / 255' if params.input == "float" }}
```
{% for name, lines in python.items() if name in made %}

{{ name }}:

```python
{{ lines }}
```
{% endfor %}
{% if "onnx" in made %}

ONNX in C++:

```cpp
#include <onnxruntime_cxx_api.h>

Ort::Env env;
Ort::Session session(env, "model.onnx", Ort::SessionOptions{});
std::vector<{{ types.cpp }}> pixels({{ spec.height }} * {{ spec.width }} * {{ spec.channels }});
const int64_t shape[] = {1, {{ spec.height }}, {{ spec.width }}, {{ spec.channels }}};
auto memory = Ort::MemoryInfo::CreateCpu(OrtDeviceAllocator, OrtMemTypeCPU);
auto images = Ort::Value::CreateTensor<{{ types.cpp }}>(\
memory, pixels.data(), pixels.size(), shape, 4);
const char *inputs[] = {"images"}, *outputs[] = {"probabilities"};
auto found = session.Run(Ort::RunOptions{}, inputs, &images, 1, outputs, 1);
const float* probabilities = found[0].GetTensorData<float>();
```

ONNX in JavaScript:

```js
import * as ort from "onnxruntime-web"; // or onnxruntime-node

const session = await ort.InferenceSession.create("model.onnx");
const pixels = new {{ types.js }}({{ spec.height }} * {{ spec.width }} * {{ spec.channels }});
const images = new ort.Tensor("{{ types.tensor }}", pixels, \
[1, {{ spec.height }}, {{ spec.width }}, {{ spec.channels }}]);
const { probabilities } = await session.run({ images });
```
{% endif %}
"""

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
from PIL import Image
image = Image.open("image.png").convert("MODE")
pixels = numpy.array(image).reshape(1, image.height, image.width, -1)
session = onnxruntime.InferenceSession("model_any_size.onnx")
logits, probabilities = session.run(None, {"images": pixels})""",
}
