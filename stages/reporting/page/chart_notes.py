"""The explanation below each chart."""

FOUND = (
    "For each class against all others, as the threshold falls from which an image counts as of "
    "it: the share of its images that are found (upwards), and of all other images that are taken "
    "for it (to the right)."
)
CORNER = f"{FOUND} The upper left corner is perfect; chance, the diagonal, is far off."
NOTES = {  # by the title of the chart
    "Loss in training": "Lower is better. Where val rises while train goes on falling, the network "
    "overfits.",
    "Accuracy in training": "Higher is better. The weights of the best epoch on val were kept.",
    "ROC": f"{FOUND} The upper left corner is perfect, the dashed line is chance.",
    "Precision and recall": "For each class, as the same threshold falls: the share of its images "
    "that are found (recall), and the share of right ones among all that count as of it "
    "(precision). The upper right corner is perfect.",
    "Reliability": "Predictions of similar confidence, 5 or more a point: the share of them that "
    "is right. On the dashed line the two are equal; below it the network is overconfident, above "
    "it underconfident. How far probabilities are off is the mean distance over all images, also "
    "those too few for a point.",
    "Confidence": "How confident the predictions are, wrong ones on top of right ones. Wrong ones "
    "far to the right are confident mistakes.",
    "Risk and coverage": "The share of wrong answers (risk) if only the most confident predictions "
    "are answered, as many as the share at the bottom says (coverage). At the right end, all "
    "images are answered.",
}
