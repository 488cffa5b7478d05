"""Say what a model is."""

from pathlib import Path

from course_utils.hf import load_pretrained
from course_utils.lessons import checkpoints
from course_utils.runtime import count_parameters
from course_utils.tokenizers import CharTokenizer
from course_utils.vision import is_vision, load_vision


def run(args, argv) -> int:
    """Print a model's sizes, its tokenizer and its card."""
    place = checkpoints.find(args.model)
    sees = is_vision(place)
    model, tokenizer = load_vision(place) if sees else load_pretrained(place)
    c, is_char = model.config, isinstance(tokenizer, CharTokenizer)
    block_size = c.text_size if sees else c.block_size
    special = " ".join(tokenizer.special_tokens) or "none"
    print(f"model       {args.model}")
    print(f"sizes       {c.n_layer} layers, {c.n_head} heads, {c.n_embd} wide")
    print(f"block       {block_size} tokens{' after a picture' if sees else ''}")
    if sees:
        print(f"pictures    {c.image_size} × {c.image_size} pixels in {c.n_patches} patches")
    print(f"parameters  {count_parameters(model):,}")
    print(f"tokenizer   {'characters' if is_char else 'byte-level BPE'}, {c.vocab_size} tokens")
    print(f"special     {special}")
    if (folder := Path(place)).is_dir():
        size = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
        print(f"on disk     {size / 1e6:.2f} MB")
        print("".join(f"\n{line}" for line in _card(folder / "README.md")), end="\n")
    return 0


def _card(path, most=20):
    """Return the first lines with text of a model's card, without its YAML head."""
    if not path.exists():
        return []
    text = path.read_text(encoding="utf-8", errors="replace")
    if text.startswith("---\n"):
        text = text.partition("\n---\n")[2]
    return [line for line in text.splitlines() if line.strip()][:most]
