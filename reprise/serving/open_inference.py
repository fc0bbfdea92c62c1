"""The Open Inference Protocol, version 2 over HTTP: what the clients of Triton and KServe speak."""

from importlib.metadata import PackageNotFoundError, version

from starlette.requests import Request
from starlette.responses import Response

from reprise.serving.deployment import Deployed
from reprise.serving.refusal import RejectedError, answer
from reprise.serving.tensors import ENCODED
from reprise.signature import DECISIONS, IMAGES, PROBABILITIES, outputs


async def server(request: Request) -> Response:  # noqa: ARG001
    """Tell of the server."""
    try:
        number = version("reprise")
    except PackageNotFoundError:  # run from its folder
        number = "0"
    return answer({"name": "reprise", "version": number, "extensions": ["binary_tensor_data"]})


async def live(request: Request) -> Response:  # noqa: ARG001
    """Say that the server runs."""
    return answer({"live": True})


async def ready(request: Request) -> Response:
    """Say whether to send more; the protocol has a 4xx for no."""
    if request.path_params:
        named(request)
    reason = request.app.state.service.unready()
    return answer({"ready": False, "error": reason}, 400) if reason else answer({"ready": True})


async def model(request: Request) -> Response:
    """Tell of inputs and outputs of the model."""
    deployed = named(request)
    card = deployed.model.metadata
    spec, count = card.spec, len(card.classes)
    shapes = {PROBABILITIES: [-1, count], "answered": [-1], "sets": [-1, count], "ood": [-1]}
    taken = {
        IMAGES: ("UINT8", [-1, spec.height, spec.width, spec.channels]),
        ENCODED: ("BYTES", [-1]),
    }
    given = {
        name: ("BOOL" if name in DECISIONS else "FP32", shapes[name]) for name in outputs(card)
    }
    said = {"name": deployed.name, "versions": [deployed.version], "platform": "onnxruntime_onnx"}
    return answer({**said, "inputs": _tensors(taken), "outputs": _tensors(given)})


def _tensors(of: dict[str, tuple[str, list[int]]]) -> list[dict[str, object]]:
    return [{"name": name, "datatype": kind, "shape": shape} for name, (kind, shape) in of.items()]


def named(request: Request) -> Deployed:
    """Return the model that the address names.

    Raises:
        RejectedError: there is no such model or version; of another version, the client learns the
            present one.
    """
    deployed: Deployed = request.app.state.service.deployed
    name, number = request.path_params["name"], request.path_params.get("version")
    if name != deployed.name:
        raise RejectedError(404, f"there is no model {name}, only {deployed.name}")
    if number not in {None, deployed.version}:
        raise RejectedError(404, f"there is no version {number}, only {deployed.version}")
    return deployed
