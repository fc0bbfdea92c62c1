"""What the tests of the page put on it."""

from PIL import Image as Picture

from stages.artifacts.report import Bar
from stages.reporting.baseline import Baseline
from stages.reporting.data_notes import DataFact
from stages.reporting.gallery import Gallery, Tile
from stages.reporting.page.charts import Series
from stages.reporting.page.content import ClassRow, Content
from stages.reporting.strips import Strip

TILE = Tile(Picture.new("L", (8, 8), 7), "ant", "bee", 0.75, "a/b.png", right=False)
CURVE = [Series("ant", [(0, 0), (0, 1), (1, 1)]), Series("bee", [(0, 0), (1, 1)])]
CONTENT = Content(
    title="insects · cnn, 3 epochs",
    dataset="insects",
    classifier="0123456789abcdef0123456789abcdef",
    facts={"network": "cnn"},
    data=[DataFact("balance", "Of train, one class has all.")],
    strips=[
        Strip("ant", [1000, 10, 5], Picture.new("L", (70, 8), 7)),
        Strip("bee", [0, 1, 1], None),
    ],
    split="test",
    baseline=Baseline("ant", 0.5),
    scores={"loss": 0.5, "accuracy": 0.9, "ci_low": 0.8, "ci_high": 0.95},
    training=["On train the loss is higher."],
    calibration="Probabilities are honest.",
    decisions=["It answers from 0.5 on."],
    params={"train": {"lr": 0.01, "ema": None, "fused": True, "loss": "focal", "size": [8, 8]}},
    counts={"train": 1234, "val": 20, "test": 10},
    classes=[
        ClassRow("ant", [1000, 10, 5], 0.8, 1.0, 0.9),
        ClassRow("bee", [234, 10, 5], 1, 0.8, 0.9),
    ],
    confusion=[(0, 0, 5), (1, 1, 4), (1, 0, 1)],
    history=[
        {"epoch": epoch, "train_loss": 1 / epoch, "val_loss": 2 / epoch, "lr": 0.1}
        for epoch in (1, 2, 3)
    ],
    roc=CURVE,
    precision_recall=CURVE,
    reliability=CURVE[:1],
    confidence=[Bar(0.25, 1, 1), Bar(0.75, 8, 0)],
    risk_coverage=[(0.5, 0.0), (1.0, 0.1)],
    galleries=[Gallery("Mistakes", "There is one.", [TILE])],
    samples=[Gallery("ant", "5 of 5 right", [TILE]), Gallery("bee", "4 of 5 right", [TILE])],
)
EMPTY = CONTENT._replace(
    scores={"accuracy": 1.0},
    confusion=[],
    history=[],
    roc=[],
    precision_recall=[],
    reliability=[],
    confidence=[],
    risk_coverage=[],
    decisions=[],
    training=[],
    strips=[],
    galleries=[],
    samples=[],
)
