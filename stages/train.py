"""Train the network, and keep the weights of its best epoch.

reads    data/splits                     train and val
writes   models/classifier.safetensors   the epoch of the highest validation accuracy
         metrics/history.csv             one row an epoch
"""

from copy import deepcopy

import torch

from stages import errors, runtime
from stages.artifacts import classifier, history, splits
from stages.artifacts.classifier import Card, Classifier
from stages.artifacts.history import Epoch
from stages.artifacts.splits import Split
from stages.batches import to_device
from stages.nets.network import Network
from stages.progress import Progress
from stages.runtime import Runtime
from stages.scores import score
from stages.training.loop import Fit, fit


class Train(Fit, Network, Runtime):
    """Section `train` of params.yaml: flat, so that `-S train.lr=0.001` is all a user types."""


def train(
    params: Train, card: Card, training: Split, validation: Split
) -> tuple[Classifier, list[Epoch]]:
    """Return the classifier of the best epoch, and the record of every epoch."""
    device = runtime.start(params)
    torch.manual_seed(params.seed)
    fitted = classifier.build(card)
    network = fitted.whole().to(device)  # uint8 [B, H, W, C] -> logits [B, K]
    data, held_out = to_device(training, device), to_device(validation, device)
    epochs, weights = list[Epoch](), fitted.network.state_dict()
    with Progress("train", params.epochs * len(training.labels), "images") as progress:
        for loss, accuracy, lr in fit(network, data, params, progress):
            val = score(network, held_out, params.batch_size)
            epoch = Epoch(len(epochs) + 1, loss, val.loss, accuracy, val.accuracy, lr)
            if all(epoch.merit() > other.merit() for other in epochs):
                weights = deepcopy(fitted.network.state_dict())
            epochs.append(epoch)
            progress.note(f"loss {loss:.3f}, val accuracy {val.accuracy:.4f}")
    fitted.network.load_state_dict(weights)
    return fitted, epochs


def main() -> None:
    """Run the stage."""
    params = Train.load()
    card = Card(network=params.part(Network), interface=splits.read_meta().interface)
    fitted, epochs = train(params, card, splits.read("train"), splits.read("val"))
    classifier.write(fitted)
    history.write(epochs)
    best = max(epochs, key=Epoch.merit)
    print(f"kept epoch {best.epoch} of {len(epochs)}: val accuracy {best.val_accuracy:.4f}")


if __name__ == "__main__":
    errors.run(main)
