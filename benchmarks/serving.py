"""Load on `reprise serve`: requests a second and latencies, with batches and without.

    python -m benchmarks.serving [--model MODEL.onnx] [--requests 2000] [--rounds 3]
                                 [--litserve PYTHON] [--minutes 0]

One request has one picture, as JSON; 32 connections ask at once. Each server runs alone, in turns
with the others, with two threads. Without --model, a ResNet-18 of random weights at 224 x 224
pixels answers photographs of 640 x 480. --litserve names the Python of an environment with
litserve, onnxruntime, NumPy and Pillow: LitServe then runs the same ONNX file by the same code in
the same run.

First come requests of all kinds (5 % broken, 1 % too large, 2 % slow, 1 % given up): there must be
no 5xx and none without an answer. --minutes measures the memory under such requests, 50 a second.
"""

import argparse
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from statistics import median

import numpy as np
import psutil
from PIL import Image as Picture

from benchmarks.load import HOST, Told, good, lost, mixed, run, summary
from reprise import model as loading
from stages import processor

ROOT = Path(__file__).parents[1]
THREADS, CONNECTIONS, MOST, WARM, RATE = 2, 32, 2**22, 50, 50.0
LITSERVE = """
import base64, sys
from pathlib import Path
import litserve, numpy as np
from reprise import inputs, model
from reprise.directory import Source
from reprise.prediction import judge

class Api(litserve.LitAPI):
    def setup(self, device):
        self.model = model.load(Path(sys.argv[1]), int(sys.argv[2]))
    def decode_request(self, request):
        data = base64.b64decode(request["images"][0])
        return inputs.load(Source("", data), self.model.metadata.spec)
    def batch(self, inputs):
        return inputs
    def predict(self, batch):
        found = self.model.answers(np.stack([one.pixels for one in batch]))
        return list(judge(batch, found, self.model.metadata, 5))
    def unbatch(self, output):
        return output
    def encode_response(self, output):
        return {"predictions": output.ranked}

if __name__ == "__main__":
    api = Api(max_batch_size=32, batch_timeout=0.01)
    litserve.LitServer(api, accelerator="cpu").run(
        host="127.0.0.1", port=int(sys.argv[3]), generate_client_file=False, log_level="error"
    )
"""


def main() -> None:
    """Print a line a server."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path)
    parser.add_argument("--requests", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--litserve", type=Path)
    parser.add_argument("--minutes", type=float, default=0)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        model = given.model or resnet(Path(folder) / "model.onnx")
        spec = loading.load(model, 1).metadata.spec
        small = spec.height < 64
        picture = photograph((64, 64) if small else (640, 480), "PNG" if small else "JPEG")
        print(f"{processor.model()}, {os.cpu_count()} cores; {spec}; {len(picture):,} bytes")
        reprise = [sys.executable, "-m", "reprise.serving.serve", str(model)]
        reprise += ["--port", "0", "--threads", str(THREADS), "--max-bytes", str(MOST)]
        stress(reprise, picture, given.requests)
        ways = {"batches": reprise, "one by one": [*reprise, "--batch-size", "1"]}
        if given.litserve:
            script = Path(folder) / "lit.py"
            script.write_text(LITSERVE, "utf-8")
            ways["LitServe"] = [str(given.litserve), str(script), str(model), str(THREADS)]
        if given.rounds:
            compare(ways, picture, given)
        if given.minutes:
            remember(reprise, picture, given.minutes)


def stress(command: Sequence[str], picture: bytes, count: int) -> None:
    """Send requests of all kinds; say what came of them."""
    with started(command) as (port, process):
        asks = mixed(picture, "/predict", count, MOST)
        begin = time.perf_counter()
        told = run(port, asks, CONNECTIONS)
        print(f"all kinds: {summary(told, time.perf_counter() - begin)}")
        print(f"lost or 5xx: {lost(told)} of {count}; memory {resident(process):.0f} MB")


def compare(ways: dict[str, list[str]], picture: bytes, given: argparse.Namespace) -> None:
    """Print throughput and latencies of each server, over all rounds."""
    rates: dict[str, list[float]] = {way: [] for way in ways}
    told: dict[str, list[Told]] = {way: [] for way in ways}
    for _ in range(given.rounds):
        for way, command in ways.items():
            with started(command) as (port, _process):
                ask = good(picture, "/predict")
                run(port, [ask] * WARM, CONNECTIONS)
                begin = time.perf_counter()
                told[way] += run(port, [ask] * given.requests, CONNECTIONS)
                rates[way].append(given.requests / (time.perf_counter() - begin))
    for way, found in told.items():
        spread = f"{median(rates[way]):.1f} ({min(rates[way]):.1f} to {max(rates[way]):.1f})"
        ratio = median(rates[way]) / median(rates["one by one"])
        seconds = sum(given.requests / rate for rate in rates[way])
        print(f"{way:<11}{spread} requests/s, {ratio:.2f}x; {summary(found, seconds)}")


def remember(command: Sequence[str], picture: bytes, minutes: float) -> None:
    """Print the memory of the server, minute by minute, under requests of all kinds."""
    with started(command) as (port, process):
        for minute in range(round(minutes) + 1):
            print(f"minute {minute}: {resident(process):.1f} MB", flush=True)
            if minute < minutes:
                asks = mixed(picture, "/predict", int(60 * RATE), MOST)
                told = run(port, asks, CONNECTIONS, RATE)
                print(f"  {len(told)} requests, lost or 5xx: {lost(told)}")


@contextmanager
def started(command: Sequence[str]) -> Iterator[tuple[int, psutil.Process]]:
    """Start a server alone on this machine, and end it."""
    own = "reprise.serving.serve" in command
    port = 0 if own else 8765
    env = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_WAIT_POLICY": "passive"}
    with tempfile.TemporaryFile("w+") as log:
        called = [*command, *([] if own else [str(port)])]
        process = psutil.Popen(called, stderr=log, stdout=log, env=env)
        try:
            end = time.monotonic() + 60
            while not (port := port if not own else listening(log)) or not answers(port):
                if process.poll() is not None or time.monotonic() > end:
                    log.seek(0)
                    sys.exit(f"{called} does not serve: {log.read()}")
                time.sleep(0.1)
            yield port, process
        finally:
            children = process.children(recursive=True)
            process.terminate()
            for one in [process, *children]:
                try:
                    one.wait(10)
                except psutil.TimeoutExpired:
                    one.kill()


def listening(log: object) -> int:
    """Return the port that the log names, or 0."""
    assert hasattr(log, "seek")
    assert hasattr(log, "read")
    log.seek(0)
    found = re.search(rf"http://{HOST}:(\d+)", log.read())
    return int(found[1]) if found else 0


def answers(port: int) -> bool:
    """Return whether a server takes requests."""
    asked = subprocess.run(
        ["curl", "-sfo", os.devnull, f"http://{HOST}:{port}/health"], check=False
    )
    return asked.returncode == 0


def resident(process: psutil.Process) -> float:
    """Return the memory of a process, in MB."""
    return float(process.memory_info().rss) / 1e6


def photograph(size: tuple[int, int], kind: str) -> bytes:
    """Return an encoded picture: smooth, with some noise."""
    width, height = size
    rng = np.random.default_rng(0)
    down, right = np.mgrid[:height, :width]
    waves = 127 + 90 * np.sin(down / 31)[..., None] * np.cos(right[..., None] / [17, 23, 41])
    noisy = waves + rng.normal(0, 8, (height, width, 3))
    file = BytesIO()
    Picture.fromarray(noisy.clip(0, 255).astype(np.uint8)).save(file, kind)
    return file.getvalue()


def resnet(path: Path) -> Path:
    """Write a ResNet-18 of random weights as an exported model."""
    import onnx  # noqa: PLC0415 - takes seconds, as the others do
    import torch  # noqa: PLC0415
    from torchvision.models import resnet18  # noqa: PLC0415

    from reprise import metadata  # noqa: PLC0415
    from reprise.spec import InputSpec  # noqa: PLC0415

    class Whole(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.network = resnet18(num_classes=10)

        def forward(self, images: torch.Tensor) -> torch.Tensor:
            logits: torch.Tensor = self.network(images.permute(0, 3, 1, 2).float() / 255)
            return logits.softmax(1)

    torch.manual_seed(0)
    images = torch.zeros(2, 224, 224, 3, dtype=torch.uint8)
    batch = torch.export.Dim("batch", min=1, max=1024)
    torch.onnx.export(
        Whole().eval(), (images,), path, input_names=["images"], dynamic_shapes=({0: batch},),
        output_names=["probabilities"], dynamo=True, verbose=False, external_data=False,
    )  # fmt: skip
    made = onnx.load(path)
    spec = InputSpec(224, 224, 3, "crop", "bilinear")
    card = metadata.Metadata(tuple("0123456789"), spec, 1.0, "uint8", "Apache-2.0", "0")
    onnx.helper.set_model_props(made, {metadata.KEY: metadata.dump(card)})
    onnx.save(made, path)
    return path


if __name__ == "__main__":
    main()
