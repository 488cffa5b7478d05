"""Half-right answers to "losses and training", and the tests that each must fail.

`VARIANTS` maps a name to {grade_id of an answer cell: what a student wrote there}; all other answer
cells hold the reference solution. `LOST` maps the name to the test cells that give no points then;
all others give theirs. Run by test_assignment_variants.py.
"""

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
    "overflows": {"smooth": OVERFLOWS},
    "ready-made": {"smooth": READY_MADE},
    "smooths-the-others-only": {"smooth": OTHERS_ONLY},
    "all-at-once": {"pieces": ALL_AT_ONCE},
    "last-piece-lost": {"pieces": LAST_PIECE_LOST},
    "sum-of-gradients": {"pieces": SUM_OF_GRADIENTS},
    "zero-by-zero": {"weights": ZERO_BY_ZERO},
    "denominator-clamped": {"weights": CLAMPED},
    "unweighted-below": {"weights": UNWEIGHTED_BELOW},
    "mean-of-rows": {"weights": MEAN_OF_ROWS},
    "not-shifted": {"weights": NOT_SHIFTED},
    "starts-at-zero": {"rate": STARTS_AT_ZERO},
    "falls-late": {"rate": FALLS_LATE},
    "falls-straight": {"rate": FALLS_STRAIGHT},
    "mean-of-means": {"accumulate": MEAN_OF_MEANS},
    "sum-of-means": {"accumulate": SUM_OF_MEANS},
    "old-gradients-stay": {"accumulate": STALE},
    "no-empty-part": {"accumulate": NO_EMPTY_PART},
    "first-column-counts": {"accumulate": FIRST_COLUMN},
    "loop-not-mended": {"mended-loop": NOT_MENDED},
    "first-group-only": {"mended-loop": FIRST_GROUP},
    "stays-in-evaluation": {"mended-loop": STAYS_IN_EVALUATION},
    "clips-late": {"mended-loop": CLIPS_LATE},
    "clips-each-weight": {"mended-loop": CLIPS_EACH},
    "gradients-add-up": {"mended-loop": ADDS_UP},
    "adamw-fixed-rate": {"fit": ADAMW_FIXED},
    "too-many-stories": {"fit": TOO_MANY_STORIES},
    "half-way": {"fit": HALF_WAY},
}

LOST = {
    "overflows": {"test-smooth-large"},
    "ready-made": {"test-smooth-plain", "test-smooth-eps", "test-smooth-large"},
    "smooths-the-others-only": {"test-smooth-eps", "test-smooth-large"},
    "all-at-once": {"test-pieces-memory"},
    "last-piece-lost": {"test-pieces-loss", "test-pieces-gradients"},
    "sum-of-gradients": {"test-pieces-gradients", "test-pieces-memory"},
    "zero-by-zero": {"test-weights-nothing"},
    "denominator-clamped": {"test-weights-nothing"},
    "unweighted-below": {"test-weights-equal", "test-weights-different", "test-weights-nothing"},
    "mean-of-rows": {"test-weights-equal", "test-weights-different"},
    "not-shifted": {"test-weights-equal", "test-weights-different", "test-weights-nothing"},
    "starts-at-zero": {"test-rate-rise"},
    "falls-late": {"test-rate-fall"},
    "falls-straight": {"test-rate-fall"},
    "mean-of-means": {"test-accumulate-different"},
    "sum-of-means": {"test-accumulate-equal", "test-accumulate-different", "test-accumulate-empty"},
    "old-gradients-stay": {"test-accumulate-different"},
    "no-empty-part": {"test-accumulate-empty"},
    "first-column-counts": {"test-accumulate-different", "test-accumulate-empty"},
    "loop-not-mended": {
        "test-loop-own-batch",
        "test-loop-clip",
        "test-loop-modes",
        "test-loop-rates",
    },
    "first-group-only": {"test-loop-rates"},
    "stays-in-evaluation": {"test-loop-modes"},
    "clips-late": {"test-loop-clip"},
    "clips-each-weight": {"test-loop-clip"},
    "gradients-add-up": {"test-loop-own-batch"},
    "adamw-fixed-rate": {"test-floor-near", "test-floor-close"},
    "too-many-stories": {"test-floor-near", "test-floor-close"},
    "half-way": {"test-floor-close"},
}
