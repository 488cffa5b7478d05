"""The engine of the page in headless Chromium: tokens, and training steps, a second.

Medians over several runs in one page, beside the package on one thread in the same minutes; what
a reader's browser reaches depends on the reader's machine.
"""

import statistics
import time

import torch

from course_utils.generation import generate
from course_utils.hf import load_pretrained
from course_utils.lessons import checkpoints
from course_utils.lessons.widgets.pieces import Trainer
from tools.site.in_page import opened

TOKENS, RUNS = 100, 7
WRITE = """
    const model = gpt.readModel(await bytes("story-gpt"), await config("story-gpt"));
    const rates = [];
    for (let run = 0; run <= rounds; run++) {
      const cache = gpt.newCache(model.blocks), start = performance.now();
      let scores = gpt.read(model, cache, [0]).at(-1);
      for (let n = 1; n < most; n++) {
        scores = gpt.read(model, cache, [sampling.likeliest(scores)]).at(-1);
      }
      rates.push(1000 * most / (performance.now() - start));
    }
    return rates.slice(1); // the first run warms the compiler up"""

STEPS, TRAININGS = 30, 3
TRAIN = """
    const rates = [];
    runs.begin({ ...told, sizes: { width: 32, layers: 2, heads: 4 }, seed: 1 });
    const settings = { method: "muon", rate: 0.02, batch: 8 }; // the piece's own, in trainer.js
    for (let part = 0; part <= trainings; part++) {
      const start = performance.now();
      for (let n = 0; n < steps; n++) runs.oneStep(settings);
      rates.push(1000 * steps / (performance.now() - start));
    }
    return rates.slice(1);"""


def in_chromium() -> float:
    """Return the median of tokens a second that story-gpt writes in a page."""
    with opened() as run:
        return statistics.median(run(WRITE, most=TOKENS, rounds=RUNS))


def training() -> float:
    """Return the median of steps a second that a model like the trainer's learns in a page."""
    trainer = Trainer()
    told = {name: getattr(trainer, name) for name in ("grammar", "tokens", "block")}
    with opened() as run:
        return statistics.median(run(TRAIN, told=told, steps=STEPS, trainings=TRAININGS))


def in_python() -> float:
    """Return the same for the package, with one thread."""
    torch.set_num_threads(1)
    model, _ = load_pretrained(checkpoints.path("story-gpt"))
    rates = []
    for _ in range(RUNS + 1):
        start = time.perf_counter()
        generate(model, torch.tensor([[0]]), TOKENS, temperature=0)
        rates.append(TOKENS / (time.perf_counter() - start))
    return statistics.median(rates[1:])


def main() -> None:
    """Measure both and print them."""
    page, package = in_chromium(), in_python()
    print("story-gpt, batch 1, greedy, 100 tokens, one thread: tokens a second")
    print(
        f"the page (Chromium) {page:,.0f}, the package {package:,.0f}, ratio {page / package:.2f}"
    )
    print(f"training steps per second in the page: {training():.1f}")


if __name__ == "__main__":
    main()
