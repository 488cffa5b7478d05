"""What a model that sees answers, word by word, with where it looks for each."""

import torch

from course_utils.attention import prefix_mask
from course_utils.lessons.widgets._seen import last_weights
from course_utils.vision.layout import prompt

TOP = 3  # words told beside each other


@torch.inference_mode()
def answer(model, tokenizer, pixels: torch.Tensor, question: str, most: int = 8) -> list[dict]:
    """Answer a question about a picture, always with the likeliest token.

    Args:
        model, tokenizer: as `load_vision` returns them.
        pixels: uint8, shape (3, H, W).
        question: any text.
        most: tokens to write at most.

    Returns:
        for each word what engine/pictures.js has a page know: "word", its probability "share", the
        likeliest words in its place, "top", and "attention": L × H × N numbers, from the token
        that writes this word to the patches.
    """
    ids, words = prompt(tokenizer, question), []
    while len(words) < most:
        scores, weights = _read(model, pixels, ids)
        shares, best = scores.softmax(0).topk(TOP)
        if best[0] == tokenizer.eos_id:
            break
        names = [tokenizer.decode([i], skip_special_tokens=False).strip() for i in best.tolist()]
        top = [list(pair) for pair in zip(names, _rounded(shares), strict=True)]
        word = {"word": top[0][0], "share": top[0][1], "top": top}
        words.append({**word, "attention": _rounded(weights)})
        ids = [*ids, int(best[0])]
    return words


def _rounded(values) -> list:
    return torch.round(values, decimals=5).tolist()


def _read(model, pixels, ids):
    """Return the scores behind the last token, (V), and its attention to the patches, (L, H, N)."""
    seen = model.look(pixels[None])  # (1, N, C)
    x = torch.cat([seen, model.text.embed(torch.tensor([ids]))], dim=1)
    x = x + model.text.wpe.weight[: x.shape[1]]
    N, maps = seen.shape[1], []
    mask = prefix_mask(x.shape[1], N)
    for block in model.text.blocks:
        maps.append(last_weights(block, x)[:, :N])
        x = block(x, mask)
    return model.text.ln_f(x[0, -1]) @ model.text.wte.weight.T, torch.stack(maps)
