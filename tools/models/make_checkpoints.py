"""Train the small models that come with the package, and write what was measured of them.

Each has a recipe in `tools/models/recipes/`. Its folder gets the weights (fp16), the tokenizer,
`results.json` with every figure, and a README.md (the card) made from these figures.
"""

import argparse
import json
import time
from importlib import import_module
from pathlib import Path

import torch

import course_utils.lessons.checkpoints
from course_utils.hf import load_pretrained, save_pretrained
from course_utils.runtime import count_parameters

RECIPES = Path(__file__).parent / "recipes"
NAMES = sorted(path.stem.replace("_", "-") for path in RECIPES.glob("*_gpt.py"))
HOME = Path(course_utils.lessons.checkpoints.__path__[0])


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", choices=[[], *NAMES], default=[], help="default: all")
    parser.add_argument("--seed", type=int, default=1, help="of data and weights; default 1")
    parser.add_argument("--folder", type=Path, default=HOME, help="default: the package's own")
    instead = parser.add_mutually_exclusive_group()  # of training
    instead.add_argument("--measure", action="store_true", help="measure again")
    instead.add_argument(
        "--others", type=Path, nargs="+", help="note the results of other seeds, in these folders"
    )
    return parser.parse_args()


def make(name: str, folder: Path, seed: int) -> None:
    """Train a model, save it, and measure what was saved."""
    recipe, start = recipe_of(name), time.perf_counter()
    model, tokenizer, *more = recipe.train_model(seed)  # more: what was measured on the way
    seconds = time.perf_counter() - start
    save, _ = files_of(recipe)
    save(model, tokenizer, folder, dtype=torch.float16)
    on_the_way = more[0] if more else {}
    write_results(name, folder, {"seed": seed, "training_seconds": round(seconds)} | on_the_way)


def recipe_of(name: str):
    """Return the module that says how a model is made."""
    return import_module(f"tools.models.recipes.{name.replace('-', '_')}")


def files_of(recipe):
    """Return the functions that save and load models of a recipe's kind."""
    return getattr(recipe, "FILES", (save_pretrained, load_pretrained))


def write_results(name: str, folder: Path, about_training: dict) -> None:
    """Measure the model in a folder, and write results.json and the card."""
    recipe = recipe_of(name)
    _, load = files_of(recipe)
    model, tokenizer = load(folder)
    sizes = {"parameters": count_parameters(model), "vocab_size": tokenizer.vocab_size}
    results = about_training | sizes | recipe.measure(model, tokenizer)
    save_results(folder, results)
    card = recipe.CARD.format(**results)
    (folder / "README.md").write_text(card, encoding="utf8")
    print(card)


def measure(name: str, folder: Path) -> None:
    """Measure a model that is there; what was measured while it was trained stays."""
    write_results(name, folder, read_results(folder))


def note_others(name: str, folder: Path, others: list[Path]) -> None:
    """Write into a model's results those of the same model with other seeds."""
    found = [read_results(other / name) for other in others]
    save_results(folder, read_results(folder) | {"other_seeds": found})


def read_results(folder: Path) -> dict:
    """Return what was measured of the model in a folder."""
    path = folder / "results.json"
    if not path.is_file():
        raise SystemExit(f"expected {path}, found none: train the model there with --folder")
    return json.loads(path.read_text(encoding="utf8"))


def save_results(folder: Path, results: dict) -> None:
    """Write what was measured of the model in a folder."""
    text = json.dumps(results, indent=1, ensure_ascii=False) + "\n"
    (folder / "results.json").write_text(text, encoding="utf8")


def main() -> None:
    """Make or measure the models that were named."""
    options, start = arguments(), time.perf_counter()
    for name in options.names or NAMES:
        folder = options.folder / name
        if options.others:
            print(f"noting other seeds of {name}")
            note_others(name, folder, options.others)
        elif options.measure:
            print(f"measuring {name}", flush=True)
            measure(name, folder)
        else:
            print(f"making {name}", flush=True)
            make(name, folder, options.seed)
    print(f"{time.perf_counter() - start:.0f} s in all")


if __name__ == "__main__":
    main()
