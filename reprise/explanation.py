"""Where a picture shows the class that a model predicts, as numbers and as a picture."""

from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from io import BytesIO

import numpy as np
from PIL import Image as Picture

from reprise.escaping import printable
from reprise.model import Model
from reprise.occlusion import CELLS, heat_map
from reprise.result_table import as_picture, percent

COLD, HOT = np.array((254, 224, 144)), np.array((215, 48, 39))  # RGB, of some heat and of the most
OPACITY = 0.7  # of the heat where it is highest
SIDE = 224  # pixels of the shorter side of an overlay, at least
SCALE = (  # from what is not hot, as transparent as it is there, to the hottest
    '<span style="display:inline-block;width:7em;height:.7em;background:linear-gradient(to right,'
    f"rgb({' '.join(map(str, COLD))} / 0),rgb({' '.join(map(str, HOT))} / {OPACITY}))"
    '"></span>'
)
FAINT = 0.01  # probability: where no patch costs more, nothing is hot


@dataclass(frozen=True, eq=False)
class Explanation:
    """How much probability the class loses where a patch of the picture is covered."""

    label: str  # the class
    probability: float  # of the uncovered picture
    heat_map: np.ndarray  # float32 [rows, columns] in [0, 1], of the picture as the network sees it
    pixels: np.ndarray  # that picture, uint8 [H, W, C]

    def overlay(self) -> Picture.Image:
        """Draw the heat over the picture, hottest where covering it costs most; mode RGB."""
        height, width = self.pixels.shape[:2]
        scale = max(1, round(SIDE / min(height, width)))
        size, sharp = (width * scale, height * scale), Picture.Resampling.NEAREST
        picture = np.asarray(as_picture(self.pixels).convert("RGB").resize(size, sharp))
        heat = Picture.fromarray(self.heat_map / max(FAINT, self.heat_map.max()))
        share = np.asarray(heat.resize(size, Picture.Resampling.BILINEAR))[..., None]  # [H, W, 1]
        colour, opacity = COLD + share * (HOT - COLD), OPACITY * share
        blended = (1 - opacity) * picture + opacity * colour
        return Picture.fromarray(blended.round().clip(0, 255).astype(np.uint8))

    def __repr__(self) -> str:
        cost = f"of which a patch costs up to {percent(self._most)}"
        return f"{printable(self.label)} {percent(self.probability)}, {cost}"

    def _repr_html_(self) -> str:
        """Return the overlay above its class, probability and scale; every text is escaped."""
        data = b64encode(self._repr_png_()).decode()
        most = escape(percent(max(FAINT, self._most)))
        told = f"<b>{escape(printable(self.label))}</b> {escape(percent(self.probability))}"
        return (
            f'<figure style="margin:0"><img alt="" src="data:image/png;base64,{data}">'
            f"<figcaption>{told}; a patch, covered, costs it: "
            f"0&nbsp;{SCALE}&nbsp;{most}</figcaption></figure>"
        )

    @property
    def _most(self) -> float:
        return float(self.heat_map.max())

    def _repr_png_(self) -> bytes:
        file = BytesIO()
        self.overlay().save(file, "PNG")
        return file.getvalue()


def index(label: object, classes: Sequence[str]) -> int:
    """Return which class a label names.

    Raises:
        ValueError: none of them.
    """
    if label in classes:
        return classes.index(str(label))
    if str(label) in classes:
        raise ValueError(f"classes are named by text: {str(label)!r}, not {label!r}")
    raise ValueError(f"class {label!r} is none of {', '.join(map(repr, classes))}")


def explain(model: Model, pixels: np.ndarray, label: int | None = None) -> Explanation:
    """Explain a class, by default the most probable, of a picture uint8 [H, W, C].

    Raises:
        ModelError: the model fails.
    """
    shares = model.answers(pixels[None]).probabilities[0]
    chosen = int(shares.argmax()) if label is None else label
    heat = heat_map(model.answers, pixels, chosen, CELLS)
    return Explanation(model.metadata.classes[chosen], float(shares[chosen]), heat, pixels)
