"""The usual way: PyTorch's tutorial on transfer learning, its network as a fixed feature extractor.

torchvision's ImageFolder, RandomResizedCrop and flips, a DataLoader, SGD with momentum on the last
layer alone, a step schedule, a loop that adds up loss and hits; batch size, rate and schedule are
the tutorial's, the number of epochs is the recipe's, the last one counts.
"""

import torch
from torch import nn, optim
from torch.utils.data import DataLoader
from torchvision.datasets import ImageFolder
from torchvision.transforms import v2

from benchmarks.tuning.given import Given
from benchmarks.tuning.script import built, class_weights, main, share
from stages.nets.introspection import head

BATCH, RATE, MOMENTUM, STEP, GAMMA = 4, 0.001, 0.9, 7, 0.1


def way(given: Given) -> float:
    """Fine-tune; return the accuracy on test."""
    last = [v2.ToDtype(torch.float32, scale=True), v2.Normalize(given.mean, given.std)]
    side = given.side
    learning = [v2.ToImage(), v2.RandomResizedCrop(side), v2.RandomHorizontalFlip(), *last]
    judging = [v2.ToImage(), v2.Resize(side * 256 // 224), v2.CenterCrop(side), *last]
    train, test = (
        ImageFolder(f"{given.photos}/{name}", v2.Compose(steps))
        for name, steps in (("train", learning), ("test", judging))
    )
    network = built(given, len(train.classes))
    network.requires_grad_(requires_grad=False)
    head(network).requires_grad_(requires_grad=True)
    loss = nn.CrossEntropyLoss(weight=class_weights(train.targets, given))
    optimizer = optim.SGD(head(network).parameters(), lr=RATE, momentum=MOMENTUM)
    schedule = optim.lr_scheduler.StepLR(optimizer, STEP, GAMMA)
    loader = DataLoader(train, batch_size=BATCH, shuffle=True, num_workers=1)
    for _ in range(given.epochs):
        epoch(network, loader, loss, optimizer)
        schedule.step()
    return share(network, DataLoader(test, batch_size=64))


def epoch(
    network: nn.Module, loader: DataLoader[object], loss: nn.Module, optimizer: optim.Optimizer
) -> None:
    """Train an epoch."""
    network.train()
    total, right = 0.0, 0
    for inputs, labels in loader:
        optimizer.zero_grad()
        outputs = network(inputs)
        found = loss(outputs, labels)
        found.backward()
        optimizer.step()
        total += found.item() * len(labels)
        right += int((outputs.argmax(1) == labels).sum())


if __name__ == "__main__":
    main(way)
