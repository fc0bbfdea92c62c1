"""Bring the published images into training form: one size, three splits.

reads    data/raw
writes   data/splits               train, val and test; every image is in exactly one of them
         metrics/preprocess.json   counts, sizes, excluded files, duplicates
         metrics/preprocess        samples.svg, a contact sheet of training images
"""

import numpy as np
from pydantic import model_validator

from stages import launch
from stages.artifacts import preprocess_metrics, raw, sample_sheet, splits
from stages.imaging import shares, summary
from stages.imaging.assembly import decode_into
from stages.imaging.cleaning_counts import count_cleaned
from stages.imaging.duplicates import Duplicates, drop_duplicates, find_duplicates, hash_originals
from stages.imaging.grouping import Grouping, find_groups, unused
from stages.imaging.normalization import Normalization, compute_moments
from stages.imaging.pool import Decoding
from stages.imaging.splitting import Splitting, assign_splits
from stages.imaging.stock import check_splits
from stages.imaging.unpublished import unpublished
from stages.nets.interface import Interface
from stages.progress import say


class Preprocess(Decoding, Splitting, Grouping, Normalization, Duplicates, summary.Failures):
    """Section `preprocess` of params.yaml."""

    @model_validator(mode="after")
    def _match_imagenet(self) -> "Preprocess":
        if self.normalize == "imagenet" and self.channels != 3:
            raise ValueError(f"normalize imagenet needs channels 3, is {self.channels}")
        return self


def preprocess(params: Preprocess, published: raw.Published, out: splits.Writer) -> summary.Summary:
    """Split, decode and deduplicate the images, normalise by train, and summarise."""
    classes = published.classes
    groups = find_groups(published, params, params)
    split_ids = assign_splits(published.labels, classes, params, groups)
    cutting = unpublished(published.labels, split_ids, params)
    records = decode_into(out, published, split_ids, params)
    summary.refuse_failures(records.failures, params)
    duplicates = find_duplicates(hash_originals(published, records, params.channels))
    records = drop_duplicates(out, records, duplicates, params)
    check_splits({name: out.labels(name) for name in splits.NAMES}, classes)
    mean, std = compute_moments(params, records.histogram)
    interface = Interface(classes=classes, mean=mean, std=std, **params.spec._asdict())
    counts = {**duplicates.counts, "dropped": records.dropped}
    anew = params.splits == "fresh" and len(published.labels) > 1
    out.cleaned = count_cleaned(published.cleaned, records, duplicates)
    out.finish(interface, records.failures, counts, fresh=anew)
    figures = {**summary.figures(classes, out, records, duplicates), **cutting.figures()}
    messages = [*unused(published, params), *summary.messages(records, duplicates)]
    messages = [told for told in [cutting.sentence()] if told] + messages
    if groups is not None:
        dealt = shares.summarise(groups, split_ids, params.asked(published.labels))
        told = [
            dealt.message(),
            *shares.mixed(groups, np.concatenate([*published.labels.values()])),
        ]
        figures, messages = figures | dealt.figures(), [*told, *messages]
    return summary.Summary(figures, messages, summary.contact_sheet(out, classes, params.seed))


def main() -> None:
    """Run the stage."""
    params, published = Preprocess.load(), raw.read()
    with splits.writer((*params.image_size, params.channels)) as out:
        found = preprocess(params, published, out)
    preprocess_metrics.write(found.figures)
    sample_sheet.write(found.sheet)
    counts = ", ".join(f"{name} {out.count(name):,}" for name in splits.NAMES)
    say(*found.messages, f"{counts} images")


if __name__ == "__main__":
    launch.run(main)
