"""Half-right answers to "tokens and adaptation", and the tests that each must fail.

`VARIANTS` maps a name to {grade_id of an answer cell: what a student wrote there}; all other answer
cells hold the reference solution. `LOST` maps the name to the test cells that give no points then;
all others give theirs. Run by test_assignment_variants.py.
"""

VARIANTS = {
    "each token decoded by itself": {
        "vocabulary": """
def vocabulary(merges):
    return list(dict.fromkeys([*BYTES, *(a + b for a, b in merges)]))


def decode(ids, vocab):
    return "".join(vocab[i].decode("utf-8", errors="replace") for i in ids)
""",
    },
    "an id for every merge": {
        "vocabulary": """
def vocabulary(merges):
    return [*BYTES, *(a + b for a, b in merges)]


def decode(ids, vocab):
    return b"".join(vocab[i] for i in ids).decode("utf-8", errors="replace")
""",
    },
    "the longest token first": {
        "encode": """
def encode(text, merges):
    vocab = list(dict.fromkeys([*BYTES, *(a + b for a, b in merges)]))
    ids, found = {t: i for i, t in enumerate(vocab)}, []
    for piece in PIECE.findall(text):
        rest = piece.encode()
        while rest:
            end = max(n for n in range(1, len(rest) + 1) if rest[:n] in ids)
            found.append(ids[rest[:end]])
            rest = rest[end:]
    return found
""",
    },
    "merges across pieces": {
        "encode": """
def encode(text, merges):
    vocab = list(dict.fromkeys([*BYTES, *(a + b for a, b in merges)]))
    word = tuple(bytes([b]) for b in text.encode())
    for pair in merges:
        word = merge_pair(word, pair)
    return [vocab.index(token) for token in word]
""",
    },
    "the slow loop again": {
        "learn": """
def learn_fast(words, n):
    return learn_slow(words, n)
""",
    },
    "all pairs counted anew": {
        "learn": """
def learn_fast(words, n):
    ids, merges = {token: i for i, token in enumerate(BYTES)}, []
    while len(ids) < 256 + n:
        counts = Counter()
        for word, k in words.items():
            for pair in pairwise(word):
                counts[pair] += k
        if not counts:
            break
        best = min(counts, key=lambda p: (-counts[p], ids[p[0]], ids[p[1]]))
        merges.append(best)
        ids.setdefault(best[0] + best[1], len(ids))
        changed = {word for word in words if best in pairwise(word)}
        words = {merge_pair(w, best) if w in changed else w: k for w, k in words.items()}
    return merges
""",
    },
    "ties by bytes": {
        "learn": """
def learn_fast(words, n):
    seen, merges = set(BYTES), []
    words, numbers = list(words), list(words.values())
    counts, places = Counter(), defaultdict(set)

    def note(i, sign):
        for pair in pairwise(words[i]):
            counts[pair] += sign * numbers[i]
            places[pair].add(i)
            if not counts[pair]:
                del counts[pair]

    for i in range(len(words)):
        note(i, +1)
    while len(seen) < 256 + n and counts:
        best = min(counts, key=lambda p: (-counts[p], p))
        merges.append(best)
        seen.add(best[0] + best[1])
        for i in places.pop(best):
            note(i, -1)
            words[i] = merge_pair(words[i], best)
            note(i, +1)
    return merges
""",
    },
    "bits per token": {
        "cost": """
def cost(texts, encode):
    counts = Counter(i for text in texts for i in encode(text))
    N = sum(counts.values())
    bits = sum(n * math.log2(N / n) for n in counts.values())
    return {"tokens": N, "per_character": N / sum(map(len, texts)), "bits": bits / N}
""",
    },
    "bytes for characters": {
        "cost": """
def cost(texts, encode):
    counts = Counter(i for text in texts for i in encode(text))
    N = sum(counts.values())
    bits = sum(n * math.log2(N / n) for n in counts.values())
    size = sum(len(text.encode()) for text in texts)
    return {"tokens": N, "per_character": N / size, "bits": bits / size}
""",
    },
    "nothing frozen": {
        "add": """
def add_lora(model, r, alpha, names=ALL):
    adapted = copy.deepcopy(model)
    for block in adapted.blocks:
        for name in names:
            parent, last = name.split(".")
            layer = LoRALinear(block.get_submodule(name), r, alpha)
            setattr(block.get_submodule(parent), last, layer)
    return adapted
""",
    },
    "adapters put on the model itself": {
        "add": """
def add_lora(model, r, alpha, names=ALL):
    model.requires_grad_(False)
    for block in model.blocks:
        for name in names:
            parent, last = name.split(".")
            layer = LoRALinear(block.get_submodule(name), r, alpha)
            setattr(block.get_submodule(parent), last, layer)
    return model
""",
    },
    "merged without the scale": {
        "merge": """
def merge_lora(model):
    merged = copy.deepcopy(model)
    for name, layer in list(merged.named_modules()):
        if isinstance(layer, LoRALinear):
            layer.base.weight.data += (layer.B @ layer.A).data
            parent, _, last = name.rpartition(".")
            setattr(merged.get_submodule(parent), last, layer.base)
    return merged
""",
    },
    "merged in place": {
        "merge": """
def merge_lora(model):
    for name, layer in list(model.named_modules()):
        if isinstance(layer, LoRALinear):
            change = layer.alpha / len(layer.A) * (layer.B @ layer.A)
            layer.base.weight.data += change.data
            parent, _, last = name.rpartition(".")
            setattr(model.get_submodule(parent), last, layer.base)
    return model
""",
    },
    "a rank without a ceiling": {
        "budget": """
def rank_for_budget(model, names, budget):
    shapes = [b.get_submodule(n).weight.shape for b in model.blocks for n in names]
    return budget // sum(map(sum, shapes))
""",
    },
    "the budget of one block": {
        "budget": """
def rank_for_budget(model, names, budget):
    block = model.blocks[0]
    shapes = [block.get_submodule(name).weight.shape for name in names]
    return min(budget // sum(map(sum, shapes)), min(map(min, shapes)))
""",
    },
    "no zeros for a rank too large": {
        "svd": """
def best_low_rank(change, r):
    U, S, Vt = torch.linalg.svd(change, full_matrices=False)
    return Vt[:r], U[:, :r] * S[:r]
""",
    },
    "the sum over the batch": {
        "ipo": """
def ipo_loss(policy_w, policy_l, ref_w, ref_l, tau):
    margin = (policy_w - ref_w) - (policy_l - ref_l)
    return (margin - 1 / (2 * tau)).square().sum()
""",
        "slopes": """
def ipo_slopes(policy_w, policy_l, ref_w, ref_l, tau):
    margin = (policy_w - ref_w) - (policy_l - ref_l)
    slope = 2 * (margin - 1 / (2 * tau))
    return slope, -slope
""",
    },
    "a logarithm of a sigmoid": {
        "smooth": """
def smoothed_loss(policy_w, policy_l, ref_w, ref_l, beta, eps):
    s = torch.sigmoid(beta * ((policy_w - ref_w) - (policy_l - ref_l)))
    return -((1 - eps) * s.log() + eps * (1 - s).log()).mean()
""",
    },
    "a logarithm of infinity": {
        "margin": """
def best_margin(beta, eps):
    return math.log((1 - eps) / eps) / beta
""",
    },
}

LOST = {
    "each token decoded by itself": {"test-decode"},
    "an id for every merge": {"test-vocabulary"},
    "the longest token first": {"test-encode"},
    "merges across pieces": {"test-encode-odd"},
    "the slow loop again": {"test-learn-work"},
    "all pairs counted anew": {"test-learn-work"},
    "ties by bytes": {"test-learn-ties"},
    "bits per token": {"test-cost-bits"},
    "bytes for characters": {"test-cost"},
    "nothing frozen": {"test-add-frozen"},
    "adapters put on the model itself": {"test-add", "test-add-frozen"},
    "merged without the scale": {"test-merge"},
    "merged in place": {"test-merge-copy"},
    "a rank without a ceiling": {"test-budget-edges"},
    "the budget of one block": {"test-budget", "test-budget-edges"},
    "no zeros for a rank too large": {"test-svd-edges"},
    "the sum over the batch": {"test-ipo-batch", "test-slopes"},
    "a logarithm of a sigmoid": {"test-smooth-far"},
    "a logarithm of infinity": {"test-margin"},
}
