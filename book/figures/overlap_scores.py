"""BLEU and chrF, by sacreBLEU, of two wrong translations and two right ones of one sentence."""

import matplotlib.pyplot as plt
from sacrebleu.metrics import BLEU, CHRF

from course_utils.lessons.plotting import COLOURS

REFERENCE = "After the long meeting she did not sign the contract that he had sent her ."
CANDIDATES = {
    "After the long meeting she did sign the contract that he had sent her .": "wrong",
    "After the long meeting she did not sign the contract that she had sent him .": "wrong",
    "She did not sign the contract he had sent her after the long meeting .": "right",
    "When the long meeting was over , she left his contract unsigned .": "right",
}


def scores(text: str) -> dict[str, float]:
    """Score one sentence: BLEU without smoothing, its tokens between spaces, and chrF."""
    bleu = BLEU(smooth_method="none", tokenize="none")
    metrics = {"BLEU": bleu, "chrF": CHRF()}
    return {name: m.corpus_score([text], [[REFERENCE]]).score for name, m in metrics.items()}


def draw():
    """Draw two bars under each sentence; the colour says whether its meaning is right."""
    figure, ax = plt.subplots(figsize=(6.4, 4.6))
    for row, (text, verdict) in enumerate(CANDIDATES.items()):
        y = 3 - row
        colour = COLOURS["wrong" if verdict == "wrong" else "floor"]
        mark = "✗" if verdict == "wrong" else "✓"
        ax.text(0, y + 0.33, f"{mark} {text}", fontsize=9.5, va="bottom")
        for up, (name, value) in zip((0.14, -0.2), scores(text).items(), strict=True):
            alpha = 1.0 if name == "BLEU" else 0.55
            ax.barh(y + up, value, 0.3, color=colour, alpha=alpha)
            ax.text(value + 1, y + up, f"{name} {value:.0f}", va="center", fontsize=10.5)
    ax.text(0, 4.1, f"reference: {REFERENCE}", fontsize=9.5, va="center", color="#555555")
    ax.set(xlim=(0, 112), ylim=(-0.5, 4.4), xlabel="score (100: equal to the reference)")
    ax.set_yticks([])
    ax.spines["left"].set_visible(False)
    ax.set_xticks(range(0, 101, 20))
    return figure
