"""The front matter of a model card, as the hub reads it: licence, task, data, scores."""

import re
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import unquote

from stages.address import HIDDEN
from stages.sources.folder import ARCHIVES

if TYPE_CHECKING:
    from huggingface_hub import EvalResult

TASK = "image-classification"
# Score of metrics/evaluate.json: what the hub calls it, and what a reader does.
SCORES = {
    "accuracy": ("accuracy", "Accuracy"),
    "macro_f1": ("f1", "Macro F1"),
    "macro_precision": ("precision", "Macro precision"),
    "macro_recall": ("recall", "Macro recall"),
    "macro_roc_auc": ("roc_auc", "Macro ROC AUC"),
    "matthews": ("matthews_correlation", "Matthews correlation"),
}
# Licences of which the hub knows the identifier, those of single models left out
# (huggingface.co/docs/hub/repositories-licenses).
LICENSES = frozenset(
    """
    afl-3.0 agpl-3.0 apache-2.0 artistic-2.0 bigcode-openrail-m bigscience-bloom-rail-1.0
    bigscience-openrail-m bsd bsd-2-clause bsd-3-clause bsd-3-clause-clear bsl-1.0 c-uda cc
    cc-by-2.0 cc-by-2.5 cc-by-3.0 cc-by-4.0 cc-by-nc-2.0 cc-by-nc-3.0 cc-by-nc-4.0
    cc-by-nc-nd-3.0 cc-by-nc-nd-4.0 cc-by-nc-sa-2.0 cc-by-nc-sa-3.0 cc-by-nc-sa-4.0
    cc-by-nd-4.0 cc-by-sa-3.0 cc-by-sa-4.0 cc0-1.0 cdla-permissive-1.0 cdla-permissive-2.0
    cdla-sharing-1.0 creativeml-openrail-m ecl-2.0 epl-1.0 epl-2.0 etalab-2.0 eupl-1.1 gfdl
    gpl gpl-2.0 gpl-3.0 isc lgpl lgpl-2.1 lgpl-3.0 lgpl-lr lppl-1.3c mit mpl-2.0 ms-pl ncsa
    odbl odc-by ofl-1.1 openrail openrail++ osl-3.0 pddl postgresql unknown unlicense wtfpl
    zlib
    """.split()  # noqa: SIM905  # a table is easier to compare with the hub's
)
OTHER = "other"
LAYOUTS = {"folder", "pairs", "table", "parquet"}  # of own images, which have no name but a place
SOURCE = PurePosixPath("data/source")  # where they lie if nobody says otherwise


class Facts(NamedTuple):
    """The source of the front matter: parameters, scores and formats of a model."""

    name: str  # of the model
    params: Mapping[str, Mapping[str, Any]]  # params.yaml without what is private
    scores: Mapping[str, Any]  # all of metrics/evaluate.json
    formats: frozenset[str]  # suffixes of the exported files: .onnx


def render(facts: Facts) -> str:
    """Return the front matter with its marks; equal facts give equal texts."""
    from huggingface_hub import ModelCardData  # noqa: PLC0415  # may be absent

    download, export = facts.params["download"], facts.params["export"]
    hub = download["dataset"] == "hub"
    results = list(_results(facts))
    library = "onnx" if ".onnx" in facts.formats else "pytorch"
    data = ModelCardData(
        **licence(str(export["license"])),
        library_name=library,
        pipeline_tag=TASK,
        tags=[TASK, *sorted({"safetensors", library}), "reprise"],
        datasets=[download["repository"]] if hub else None,
        metrics=sorted({result.metric_type for result in results}) or None,
        model_name=facts.name,
        eval_results=results,
    )
    return f"---\n{data.to_yaml(line_break=chr(10))}\n---\n"


def licence(name: str) -> dict[str, Any]:
    """Return the licence as the hub spells it; one unknown to it is `other`, with a name."""
    known = re.sub(r"-(only|or-later)$", "", name.strip().lower())  # of SPDX
    if known in LICENSES:
        return {"license": known}
    slug = re.sub("[^a-z0-9.]+", "-", name.lower()).strip("-")[:100]
    return {"license": OTHER, "license_name": slug or OTHER}


def data_name(download: Mapping[str, Any]) -> str:
    """Return the name of the data set; of own images, that of their folder or archive.

    Where that name is private, or anybody's, it is that of the layout.
    """
    if (layout := str(download["dataset"])) not in LAYOUTS:
        return str(download["repository"]) if layout == "hub" else layout
    _, mark, behind = (said := str(download["address"] or download["path"])).partition("://")
    place = PurePosixPath(unquote(behind.partition("/")[2]) if mark else said)
    suffix = next((end for end in (*ARCHIVES, ".parquet") if place.name.lower().endswith(end)), "")
    name = place.name[: len(place.name) - len(suffix)]
    return layout if name in {"", ".."} or HIDDEN in name or place == SOURCE else name


def _results(facts: Facts) -> Iterator["EvalResult"]:
    """Yield the scores that are defined."""
    from huggingface_hub import EvalResult  # noqa: PLC0415  # as above

    download = facts.params["download"]
    hub = download["dataset"] == "hub"
    split = {"val": "validation"}.get(facts.params["evaluate"]["split"], "test")
    data = str(download["repository"] if hub else download["dataset"])
    for score, (kind, title) in SCORES.items():
        if (value := facts.scores.get(score)) is not None:
            yield EvalResult(
                task_type=TASK,
                dataset_type=data,
                dataset_name=data_name(download),
                dataset_config=download["subset"] if hub else None,
                dataset_split=split,
                dataset_revision=download["revision"] if hub else None,
                metric_type=kind,
                metric_name=title,
                metric_value=value,
            )
