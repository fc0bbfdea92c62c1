"""Damaged files of every format, and damaged models: a picture, a prediction, or one message.

The seed is fixed; `FUZZ=50 pytest tests/unit/predicting/test_damaged_files.py` tries 50 times as
many.
"""

import os
import random
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Picture
from PIL import features
from toys import encoded, pixels

from reprise.codecs.undecodable import UndecodableError
from reprise.decoding import decode

TIMES = int(os.environ.get("FUZZ", "1"))
ROOT = Path(__file__).parents[3]
SCENE = Picture.fromarray(pixels(0, 20, 25))
CLEAR = SCENE.convert("RGBA")
GREY16 = np.random.default_rng(1).integers(0, 65536, (20, 25)).astype(np.uint16)
FILES = {
    **{kind: encoded(SCENE, kind) for kind in
       ("PNG", "JPEG", "WEBP", "BMP", "GIF", "TIFF", "TGA", "PPM", "JPEG2000", "PCX", "SGI")},
    "progressive JPEG": encoded(SCENE, "JPEG", progressive=True),
    "JPEG of inks": encoded(SCENE.convert("CMYK"), "JPEG", restart_marker_blocks=2),
    "16 bits": encoded(GREY16),
    "TIFF of 16 bits": encoded(GREY16, "TIFF"),
    "deflated TIFF": encoded(SCENE, "TIFF", compression="tiff_adobe_deflate"),
    "TIFF with JPEG": encoded(SCENE, "TIFF", compression="jpeg"),
    "palette": encoded(SCENE.quantize(9), transparency=2),
    "WebP with alpha": encoded(CLEAR, "WEBP", lossless=True),
    "ICO": encoded(CLEAR, "ICO"),
    "MPO": encoded(SCENE, "MPO", save_all=True, append_images=[SCENE]),
}  # fmt: skip
if features.check("avif"):
    FILES["AVIF"] = encoded(SCENE, "AVIF")
pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:PIL")


def damaged(data: bytes, chance: random.Random) -> bytes:
    """Return a file of which bytes are changed, cut out, put in, or missing at the end."""
    made = bytearray(data)
    for _ in range(chance.randint(1, 4)):
        at, size = chance.randrange(len(made)), chance.randint(1, 8)
        kind = chance.random()
        if kind < 0.5:
            made[at] = chance.randrange(256)
        elif kind < 0.75:
            made[at : at + size] = chance.randbytes(chance.randint(0, 8))
        elif kind < 0.9:
            made[at : at + 4] = b"\xff\xff\xff\x7f"
        else:
            del made[at:]
            made += bytes(chance.choice([0, 200]))
        made = made or bytearray(data)
    return bytes(made)


@pytest.mark.parametrize("kind", FILES)
def test_a_damaged_picture_is_a_picture_or_refused(kind: str) -> None:
    chance = random.Random(kind)  # noqa: S311 - no secret
    for _ in range(60 * TIMES):
        try:
            found = decode(damaged(FILES[kind], chance), 3)
        except UndecodableError as error:
            assert len(str(error).splitlines()) == 1  # noqa: PT017 - both outcomes are asked for
        else:
            assert found.mode == "RGB"


# In a process of its own: what crashes must not take the tests along.
MODELS = """
import random, sys
from pathlib import Path
import numpy as np
from linear import model
from reprise.model import ModelError, load
from test_damaged_files import damaged
chance, good, path = random.Random(7), model().SerializeToString(), Path(sys.argv[1])
tried = 0
for _ in range(int(sys.argv[2])):
    path.write_bytes(damaged(good, chance))
    tried += 1
    try:
        found = load(path, 1).answers(np.zeros((2, 6, 7, 3), np.uint8)).probabilities
    except ModelError as error:
        assert len(str(error).splitlines()) == 1, error
    else:
        assert found.shape[0] == 2
print(tried)
"""


def test_a_damaged_model_predicts_or_is_one_message(tmp_path: Path) -> None:
    folders = [ROOT, ROOT / "tests", Path(__file__).parent]
    done = subprocess.run(
        [sys.executable, "-c", MODELS, str(tmp_path / "model.onnx"), str(300 * TIMES)],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(map(str, folders))},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.split() == [str(300 * TIMES)]
