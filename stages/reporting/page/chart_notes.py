"""The explanation below each chart."""

FOUND = (
    "For each class, as less and less probability is enough to call an image of it: how many of "
    "its images are found (upwards), and how many of all others are taken for it by mistake (to "
    "the right)."
)
CORNER = f"{FOUND} The upper left corner is perfect; chance, the diagonal, is far off."
NOTES = {  # by the title of the chart
    "Loss in training": "Lower is better. Where val rises while train goes on falling, the network "
    "learns train by heart.",
    "Accuracy in training": "Higher is better. The weights of the best epoch on val were kept.",
    "ROC": f"{FOUND} The upper left corner is perfect, the dashed line is chance.",
    "Precision and recall": "For each class, likewise: how many of its images are found (to the "
    "right), and how much of what is found is right (upwards). The upper right corner is perfect.",
    "Reliability": "Answers of like confidence, 5 or more a point: how many of them are right. On "
    "the dashed line probabilities say the truth; below it the network is too sure of itself, "
    "above it not sure enough.",
    "Confidence": "How sure the answers are, wrong ones on top of right ones. Wrong ones far to "
    "the right are mistakes that it is sure of.",
    "Risk and coverage": "How much is wrong if only the surest images are answered, this share of "
    "all. At the right end all are.",
}
