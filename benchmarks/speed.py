"""Speed of generation and of a training step beside transformers' GPT-2.

The same sizes and vocabulary on both sides, fp32, dropout 0, sdpa. Rounds are interleaved in one
process and medians compared, so that a busy moment hits both. Nothing else should run meanwhile.
"""

import statistics
import time

import torch
from transformers import GPT2Config, GPT2LMHeadModel

from course_utils.generation import generate
from course_utils.losses import next_token_loss
from course_utils.model import GPT, GPTConfig
from course_utils.training.loop import bf16_pays

VOCAB_SIZE, BLOCK = 512, 256


def pair(n_layer, n_head, n_embd):
    """Return our model and transformers' of the same sizes."""
    sizes = {"vocab_size": VOCAB_SIZE, "n_layer": n_layer, "n_head": n_head, "n_embd": n_embd}
    rates = dict.fromkeys(("attn_pdrop", "embd_pdrop", "resid_pdrop"), 0.0)
    peer = GPT2LMHeadModel(
        GPT2Config(
            **sizes,
            **rates,
            n_positions=BLOCK,
            bos_token_id=None,
            eos_token_id=None,
            pad_token_id=0,
            attn_implementation="sdpa",
        )
    )
    return GPT(GPTConfig(block_size=BLOCK, **sizes)), peer


def interleave(functions, rounds):
    """Time functions in turns; return a list of seconds for each."""
    for function in functions:
        function()  # the first call allocates
    times = [[] for _ in functions]
    for _ in range(rounds):
        for function, seconds in zip(functions, times, strict=True):
            start = time.perf_counter()
            function()
            seconds.append(time.perf_counter() - start)
    return [statistics.median(seconds) for seconds in times]


def generation(n_layer, n_head, n_embd, new=100, rounds=9):
    """Return tokens per second, ours and theirs: batch 1, greedy, with cache."""
    ours, peer = (model.eval() for model in pair(n_layer, n_head, n_embd))
    ids = torch.randint(VOCAB_SIZE, (1, 8))

    def theirs():
        ones = torch.ones_like(ids)
        peer.generate(ids, attention_mask=ones, max_new_tokens=new, do_sample=False)

    seconds = interleave([lambda: generate(ours, ids, new, temperature=0), theirs], rounds)
    return [new / s for s in seconds]


def products(model, rows, dtype):
    """Return a function that computes the matrix products of a training step and nothing else.

    Each matrix takes part in three: forward, gradient of its input, gradient of its weights. Both
    sides leave them to the same routine, so no model can step faster than this.
    """
    matrices = [m.weight for m in model.modules() if isinstance(m, torch.nn.Linear)]
    weights = [w.detach().to(dtype) for w in (*matrices, model.wte.weight)]
    work = [
        (w, torch.randn(rows, w.shape[1], dtype=dtype), torch.randn(rows, len(w), dtype=dtype))
        for w in weights
    ]

    def run():
        for w, x, gradient in work:
            x @ w.t(), gradient @ w, gradient.t() @ x

    return run


def training(n_layer=6, n_head=6, n_embd=384, batch=8, rounds=5):
    """Return steps per second: ours in fp32 and bf16, theirs in fp32, both products alone."""
    ours, peer = pair(n_layer, n_head, n_embd)
    ids = torch.randint(VOCAB_SIZE, (batch, BLOCK))

    def step_of(model, logits_of, bf16):
        optimizer = torch.optim.AdamW(model.parameters(), lr=1e-4, fused=True)

        def step():
            with torch.autocast("cpu", torch.bfloat16, enabled=bf16):
                logits = logits_of(ids)
            next_token_loss(logits, ids).backward()
            optimizer.step()
            optimizer.zero_grad()

        return step

    peer_logits = lambda ids: peer(ids, use_cache=False).logits  # noqa: E731
    steps = [
        step_of(ours, ours, False),
        step_of(ours, ours, True),
        step_of(peer, peer_logits, False),
        products(ours, ids.numel(), torch.float32),
        products(ours, ids.numel(), torch.bfloat16),
    ]
    return [1 / s for s in interleave(steps, rounds)]


def main() -> None:
    """Print the table as Markdown."""
    torch.manual_seed(0)
    print(f"{torch.get_num_threads()} threads, {torch.backends.cpu.get_cpu_capability()}, fp32\n")
    print("| what | ours | transformers, fp32 | ratio |")
    print("|---|---|---|---|")
    for sizes in ((4, 4, 128), (6, 6, 384)):
        ours, peer = generation(*sizes)
        name = f"generation, {sizes[0]}×{sizes[2]}, tokens/s"
        print(f"| {name} | {ours:,.0f} | {peer:,.0f} | {ours / peer:.2f} |", flush=True)
    fp32, bf16, peer, *alone = training()
    note = "" if bf16_pays(GPT(GPTConfig(8, 8, 1, 6, 384))) else " (no fast bf16 here)"
    names = ("fp32", f"bf16{note}", "fp32, matrix products alone", "bf16, matrix products alone")
    for name, rate in zip(names, (fp32, bf16, *alone), strict=True):
        print(f"| training, 6×384, {name}, steps/s | {rate:.2f} | {peer:.2f} | {rate / peer:.2f} |")


if __name__ == "__main__":
    main()
