"""Half-right answers to the assignment "losses and training", and the points they must get.

Each variant is the reference solution with some cells replaced; the tests that are not named under
"lost" give full points. Used to test the hidden tests and the grading.
"""

FULL = {
    "test-smooth-plain": 2,
    "test-smooth-eps": 2,
    "test-smooth-large": 2,
    "test-pieces-loss": 2,
    "test-pieces-gradients": 2,
    "test-pieces-memory": 2,
    "test-weights-equal": 2,
    "test-weights-different": 2,
    "test-weights-nothing": 1,
    "test-rate-rise": 2,
    "test-rate-fall": 2,
    "test-accumulate-equal": 1,
    "test-accumulate-different": 2,
    "test-accumulate-empty": 1,
    "test-loop-own-batch": 2,
    "test-loop-clip": 2,
    "test-loop-modes": 2,
    "test-loop-rates": 2,
    "test-floor-near": 2,
    "test-floor-close": 3,
}

OVERFLOWS = """
def smoothed_loss(logits, targets, eps=0.0):
    log_p = logits - logits.exp().sum(dim=-1, keepdim=True).log()
    picked = log_p[torch.arange(len(targets)), targets]
    return -((1 - eps) * picked + eps * log_p.mean(dim=-1)).mean()
"""
READY_MADE = """
def smoothed_loss(logits, targets, eps=0.0):
    return F.cross_entropy(logits, targets, label_smoothing=eps)
"""
OTHERS_ONLY = """
def smoothed_loss(logits, targets, eps=0.0):
    shifted = logits - logits.max(dim=-1, keepdim=True).values
    log_p = shifted - shifted.exp().sum(dim=-1, keepdim=True).log()
    picked = log_p[torch.arange(len(targets)), targets]
    others = (log_p.sum(dim=-1) - picked) / (logits.shape[-1] - 1)
    return -((1 - eps) * picked + eps * others).mean()
"""
PIECES = """
def loss_in_pieces(h, W, targets, size):
    N, total = len(h), 0.0
    grad_h, grad_W = torch.empty_like(h), torch.zeros_like(W)
    for start in range(0, N, size):
        part = slice(start, start + size)
        logits, y = h[part] @ W.T, targets[part]
        total = total + F.cross_entropy(logits, y, reduction="sum")
        slope = torch.softmax(logits, dim=-1)
        slope[torch.arange(len(y)), y] -= 1
        grad_h[part] = slope @ W / N
        grad_W += slope.T @ h[part] / N
    return total / N, grad_h, grad_W
"""
ALL_AT_ONCE = """
def loss_in_pieces(h, W, targets, size):
    a, b = h.clone().requires_grad_(), W.clone().requires_grad_()
    loss = F.cross_entropy(a @ b.T, targets)
    loss.backward()
    return loss.detach(), a.grad, b.grad
"""
LAST_PIECE_LOST = PIECES.replace("range(0, N, size)", "range(0, N - size + 1, size)")
SUM_OF_GRADIENTS = PIECES.replace("@ W / N", "@ W").replace("@ h[part] / N", "@ h[part]")
WEIGHTED = """
def weighted_loss(logits, ids, mask, weights):
    log_p = torch.log_softmax(logits[:, :-1], dim=-1)
    nats = -log_p.gather(-1, ids[:, 1:, None]).squeeze(-1)
    share = weights[:, None] * mask[:, 1:]
    total = share.sum()
    return (nats * share).sum() / (total if total > 0 else 1.0)
"""
ZERO_BY_ZERO = WEIGHTED.replace("(total if total > 0 else 1.0)", "total")
CLAMPED = WEIGHTED.replace("(total if total > 0 else 1.0)", "total.clamp(min=1)")
UNWEIGHTED_BELOW = WEIGHTED.replace("share.sum()", "mask[:, 1:].sum()")
MEAN_OF_ROWS = """
def weighted_loss(logits, ids, mask, weights):
    log_p = torch.log_softmax(logits[:, :-1], dim=-1)
    nats = -log_p.gather(-1, ids[:, 1:, None]).squeeze(-1)
    m = mask[:, 1:].double()
    rows = (nats * m).sum(1) / m.sum(1).clamp(min=1)
    return (rows * weights).sum() / weights.sum().clamp(min=1e-9)
"""
NOT_SHIFTED = """
def weighted_loss(logits, ids, mask, weights):
    log_p = torch.log_softmax(logits, dim=-1)
    nats = -log_p.gather(-1, ids[..., None]).squeeze(-1)
    share = weights[:, None] * mask
    total = share.sum()
    return (nats * share).sum() / (total if total > 0 else 1.0)
"""
RATE = """
def rate(step, steps, warmup, decay, peak, low=0.0):
    if step < warmup:
        return peak * (step + 1) / warmup
    j = step - (steps - decay) + 1
    if j < 1:
        return peak
    return low + (peak - low) * (1 + math.cos(math.pi * j / decay)) / 2
"""
STARTS_AT_ZERO = RATE.replace("(step + 1) / warmup", "step / warmup")
FALLS_LATE = RATE.replace("(steps - decay) + 1", "(steps - decay)")
FALLS_STRAIGHT = RATE.replace("(1 + math.cos(math.pi * j / decay)) / 2", "(1 - j / decay)")
ACCUMULATE = """
def accumulate(model, parts):
    model.zero_grad()
    counts = [int(mask[:, 1:].sum()) for _, mask in parts]
    total = 0.0
    for (ids, mask), n in zip(parts, counts, strict=True):
        if n:
            loss = masked_loss(model(ids), ids, mask) * n / sum(counts)
            loss.backward()
            total += loss.item()
    return total
"""
MEAN_OF_MEANS = ACCUMULATE.replace("* n / sum(counts)", "/ sum(n > 0 for n in counts)")
SUM_OF_MEANS = ACCUMULATE.replace("* n / sum(counts)", "")
STALE = ACCUMULATE.replace("model.zero_grad()", "pass")
NO_EMPTY_PART = ACCUMULATE.replace("if n:", "if True:")
FIRST_COLUMN = ACCUMULATE.replace("mask[:, 1:].sum()", "mask.sum()")
LOOP = """
def mended_loop(model, optimizer, batch, schedule, steps, clip, every, look):
    losses, looks = [], []
    for step in range(steps):
        model.train()
        for group in optimizer.param_groups:
            group["lr"] = schedule(step)
        ids, mask = batch(step)
        optimizer.zero_grad()
        loss = masked_loss(model(ids), ids, mask)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), clip)
        optimizer.step()
        losses.append(loss.item())
        if (step + 1) % every == 0:
            model.eval()
            with torch.no_grad():
                looks.append(look(model))
    return losses, looks
"""
NOT_MENDED = "mended_loop = faulty_loop"
FIRST_GROUP = LOOP.replace("in optimizer.param_groups", "in optimizer.param_groups[:1]")
STAYS_IN_EVALUATION = LOOP.replace("        model.train()\n", "").replace(
    "    losses, looks", "    model.train()\n    losses, looks"
)
CLIPS_LATE = LOOP.replace(
    "        nn.utils.clip_grad_norm_(model.parameters(), clip)\n        optimizer.step()\n",
    "        optimizer.step()\n        nn.utils.clip_grad_norm_(model.parameters(), clip)\n",
)
CLIPS_EACH = LOOP.replace(
    "nn.utils.clip_grad_norm_(model.parameters(), clip)",
    "[nn.utils.clip_grad_norm_([w], clip) for w in model.parameters()]",
)
ADDS_UP = LOOP.replace("        optimizer.zero_grad()\n", "")
ADAMW_FIXED = """
def fit(model, draw):
    optimizer = torch.optim.AdamW(model.parameters(), lr=2e-3)
    for _ in range(300):
        ids, mask = draw(32)
        loss = masked_loss(model(ids), ids, mask)
        model.zero_grad()
        loss.backward()
        optimizer.step()
"""
TOO_MANY_STORIES = ADAMW_FIXED.replace("range(300)", "range(10_000)")
HALF_WAY = """
def fit(model, draw):
    inner = [w for w in model.blocks.parameters() if w.dim() == 2]
    rest = [w for w in model.parameters() if all(w is not v for v in inner)]
    optimizers = [Muon(inner, lr=0.02), torch.optim.AdamW(rest, lr=0.01)]
    for step in range(105):
        ids, mask = draw(32)
        loss = masked_loss(model(ids), ids, mask)
        model.zero_grad()
        loss.backward()
        for optimizer in optimizers:
            optimizer.step()
"""

VARIANTS = {
    "overflows": ({"smooth": OVERFLOWS}, ["test-smooth-large"]),
    "ready-made": (
        {"smooth": READY_MADE},
        ["test-smooth-plain", "test-smooth-eps", "test-smooth-large"],
    ),
    "smooths-the-others-only": ({"smooth": OTHERS_ONLY}, ["test-smooth-eps", "test-smooth-large"]),
    "all-at-once": ({"pieces": ALL_AT_ONCE}, ["test-pieces-memory"]),
    "last-piece-lost": (
        {"pieces": LAST_PIECE_LOST},
        ["test-pieces-loss", "test-pieces-gradients"],
    ),
    "sum-of-gradients": (
        {"pieces": SUM_OF_GRADIENTS},
        ["test-pieces-gradients", "test-pieces-memory"],
    ),
    "zero-by-zero": ({"weights": ZERO_BY_ZERO}, ["test-weights-nothing"]),
    "denominator-clamped": ({"weights": CLAMPED}, ["test-weights-nothing"]),
    "unweighted-below": (
        {"weights": UNWEIGHTED_BELOW},
        ["test-weights-equal", "test-weights-different", "test-weights-nothing"],
    ),
    "mean-of-rows": ({"weights": MEAN_OF_ROWS}, ["test-weights-equal", "test-weights-different"]),
    "not-shifted": (
        {"weights": NOT_SHIFTED},
        ["test-weights-equal", "test-weights-different", "test-weights-nothing"],
    ),
    "starts-at-zero": ({"rate": STARTS_AT_ZERO}, ["test-rate-rise"]),
    "falls-late": ({"rate": FALLS_LATE}, ["test-rate-fall"]),
    "falls-straight": ({"rate": FALLS_STRAIGHT}, ["test-rate-fall"]),
    "mean-of-means": ({"accumulate": MEAN_OF_MEANS}, ["test-accumulate-different"]),
    "sum-of-means": (
        {"accumulate": SUM_OF_MEANS},
        ["test-accumulate-equal", "test-accumulate-different", "test-accumulate-empty"],
    ),
    "old-gradients-stay": ({"accumulate": STALE}, ["test-accumulate-different"]),
    "no-empty-part": ({"accumulate": NO_EMPTY_PART}, ["test-accumulate-empty"]),
    "first-column-counts": (
        {"accumulate": FIRST_COLUMN},
        ["test-accumulate-different", "test-accumulate-empty"],
    ),
    "loop-not-mended": (
        {"mended-loop": NOT_MENDED},
        ["test-loop-own-batch", "test-loop-clip", "test-loop-modes", "test-loop-rates"],
    ),
    "first-group-only": ({"mended-loop": FIRST_GROUP}, ["test-loop-rates"]),
    "stays-in-evaluation": ({"mended-loop": STAYS_IN_EVALUATION}, ["test-loop-modes"]),
    "clips-late": ({"mended-loop": CLIPS_LATE}, ["test-loop-clip"]),
    "clips-each-weight": ({"mended-loop": CLIPS_EACH}, ["test-loop-clip"]),
    "gradients-add-up": ({"mended-loop": ADDS_UP}, ["test-loop-own-batch"]),
    "adamw-fixed-rate": ({"fit": ADAMW_FIXED}, ["test-floor-near", "test-floor-close"]),
    "too-many-stories": ({"fit": TOO_MANY_STORIES}, ["test-floor-near", "test-floor-close"]),
    "half-way": ({"fit": HALF_WAY}, ["test-floor-close"]),
}


def points(lost: list[str]) -> dict[str, float]:
    """Return what each test cell must give.

    >>> sum(points(["test-rate-fall"]).values())
    36
    """
    return {name: 0 if name in lost else full for name, full in FULL.items()}
