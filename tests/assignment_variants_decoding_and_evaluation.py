"""Half-right answers to "Decoding and evaluation", and the points that each should get.

`VARIANTS` maps a name to {grade_id of an answer cell: what a student wrote there}; all other answer
cells hold the reference solution. `EXPECTED` maps the name to {grade_id of a test cell: points} for
the test cells that must not give full points; every other test cell gives all of its points.
"""

VARIANTS = {
    "min-p against the largest of the whole batch": {
        "min-p": """
def min_p(logits, m):
    p = torch.softmax(logits, -1)
    return logits.masked_fill(p < m * p.max(), -math.inf)
""",
    },
    "min-p on logits in place of probabilities": {
        "min-p": """
def min_p(logits, m):
    border = m * logits.max(-1, keepdim=True).values
    return logits.masked_fill(logits < border, -math.inf)
""",
    },
    "typical with 0 ln 0, which is nan": {
        "typical": """
def typical(logits, mass):
    logs = logits.log_softmax(-1)
    p = logs.exp()
    entropy = -(p * logs).sum(-1, keepdim=True)
    order = (-logs - entropy).abs().argsort(-1)
    p = p.gather(-1, order)
    drop = p.cumsum(-1) - p >= mass
    return logits.masked_fill(drop.scatter(-1, order, drop), -math.inf)
""",
    },
    "typical without the token that reaches the mass": {
        "typical": """
def typical(logits, mass):
    logs = logits.log_softmax(-1)
    p = logs.exp()
    entropy = torch.special.entr(p).sum(-1, keepdim=True)
    order = (-logs - entropy).abs().argsort(-1)
    drop = p.gather(-1, order).cumsum(-1) > mass
    drop[:, 0] = False
    return logits.masked_fill(drop.scatter(-1, order, drop), -math.inf)
""",
    },
    "one source of randomness for all rows": {
        "sampler": """
def sample_rows(model, ids, seeds, max_new_tokens, eos_id, temperature=1.0):
    source = torch.Generator().manual_seed(seeds[0])
    done = torch.zeros(len(ids), dtype=torch.bool)
    for _ in range(max_new_tokens):
        logits = model(ids)[:, -1]
        if temperature == 0:
            new = logits.argmax(-1)
        else:
            p = torch.softmax(logits / temperature, -1)
            new = torch.multinomial(p, 1, generator=source)[:, 0]
        new = torch.where(done, eos_id, new)
        done |= new == eos_id
        ids = torch.cat([ids, new[:, None]], 1)
        if done.all():
            break
    return ids
""",
    },
    "finished rows go on": {
        "sampler": """
def sample_rows(model, ids, seeds, max_new_tokens, eos_id, temperature=1.0):
    sources = [torch.Generator().manual_seed(seed) for seed in seeds]
    done = torch.zeros(len(ids), dtype=torch.bool)
    for _ in range(max_new_tokens):
        logits = model(ids)[:, -1]
        if temperature == 0:
            new = logits.argmax(-1)
        else:
            p = torch.softmax(logits / temperature, -1)
            pairs = zip(p, sources)
            new = torch.cat([torch.multinomial(r, 1, generator=g) for r, g in pairs])
        done |= new == eos_id
        ids = torch.cat([ids, new[:, None]], 1)
        if done.all():
            break
    return ids
""",
    },
    "the generators made anew for each token": {
        "sampler": """
def sample_rows(model, ids, seeds, max_new_tokens, eos_id, temperature=1.0):
    done = torch.zeros(len(ids), dtype=torch.bool)
    for _ in range(max_new_tokens):
        sources = [torch.Generator().manual_seed(seed) for seed in seeds]
        logits = model(ids)[:, -1]
        if temperature == 0:
            new = logits.argmax(-1)
        else:
            p = torch.softmax(logits / temperature, -1)
            pairs = zip(p, sources)
            new = torch.cat([torch.multinomial(r, 1, generator=g) for r, g in pairs])
        new = torch.where(done, eos_id, new)
        done |= new == eos_id
        ids = torch.cat([ids, new[:, None]], 1)
        if done.all():
            break
    return ids
""",
    },
    "a residual that divides by zero": {
        "accept": """
def accept_and_residual(p, q):
    accepted = sum(min(a, b) for a, b in zip(p, q))
    rest = [max(Fraction(0), a - b) for a, b in zip(p, q)]
    return accepted, [x / sum(rest) for x in rest]
""",
    },
    "rejected drafts replaced from the target": {
        "speculative": """
def speculative_tokens(p, q, n, generator):
    drafts = torch.multinomial(q, n, True, generator=generator)
    accepted = torch.rand(n, generator=generator) < p[drafts] / q[drafts]
    others = torch.multinomial(p, n, True, generator=generator)
    return torch.where(accepted, drafts, others), accepted
""",
    },
    "without the token that the target adds": {
        "passes": """
def tokens_per_pass(alpha, k):
    return sum(alpha**i for i in range(1, k + 1))
""",
    },
    "distinct-n that fails without n-grams": {
        "distinct": """
def distinct_n(texts, n):
    grams = []
    for text in texts:
        words = text.split()
        grams += [tuple(words[i : i + n]) for i in range(len(words) - n + 1)]
    return len(set(grams)) / len(grams)
""",
    },
    "novel as a share of all stories": {
        "report": """
def report(stories, training, is_valid):
    valid, seen = [s for s in stories if is_valid(s)], set(training)
    return {
        "valid": len(valid) / len(stories),
        "novel": sum(s not in seen for s in valid) / len(stories),
        "unique": len(set(stories)) / len(stories),
    }
""",
    },
    "the end is not scored": {
        "nats": """
def story_nats(model, tokenizer, stories):
    totals = []
    for story in stories:
        ids = torch.tensor([[tokenizer.eos_id, *tokenizer.encode(story)]])
        logs = model(ids)[0, :-1].log_softmax(-1)
        totals.append(-logs.gather(1, ids[0, 1:, None]).sum())
    return torch.stack(totals)
""",
    },
    "padding is scored": {
        "nats": """
def story_nats(model, tokenizer, stories):
    eos = tokenizer.eos_id
    rows = [torch.tensor([eos, *tokenizer.encode(s), eos]) for s in stories]
    ids = torch.nn.utils.rnn.pad_sequence(rows, True, eos)
    logs = model(ids)[:, :-1].log_softmax(-1)
    return -logs.gather(2, ids[:, 1:, None])[..., 0].sum(-1)
""",
    },
    "an interval that ignores the pairs": {
        "interval": """
def distance(model_nats, grammar_nats, characters):
    m, g = (x.double() / math.log(2) for x in (model_nats, grammar_nats))
    c, n = characters.double(), len(characters)
    r = (m - g).sum() / c.sum()
    s = ((m.var() + g.var()) * n).sqrt() / c.sum()
    return r.item(), (r - 1.96 * s).item(), (r + 1.96 * s).item()
""",
    },
    "nats in place of bits": {
        "interval": """
def distance(model_nats, grammar_nats, characters):
    d, c = model_nats.double() - grammar_nats.double(), characters.double()
    n = len(c)
    r = d.sum() / c.sum()
    s = (n / (n - 1) * (d - r * c).square().sum()).sqrt() / c.sum()
    return r.item(), (r - 1.96 * s).item(), (r + 1.96 * s).item()
""",
    },
}

EXPECTED = {
    "min-p against the largest of the whole batch": {"test-min-p-rows": 0},
    "min-p on logits in place of probabilities": {"test-min-p": 0, "test-min-p-rows": 0},
    "typical with 0 ln 0, which is nan": {"test-typical-edges": 0},
    "typical without the token that reaches the mass": {
        "test-typical": 0,
        "test-typical-edges": 0,
    },
    "one source of randomness for all rows": {"test-sampler-seeds": 0},
    "finished rows go on": {"test-sampler-stop": 0},
    "the generators made anew for each token": {"test-sampler-stop": 0, "test-sampler-law": 0},
    "a residual that divides by zero": {"test-accept-edges": 0},
    "rejected drafts replaced from the target": {"test-speculative-law": 0},
    "without the token that the target adds": {"test-passes": 0},
    "distinct-n that fails without n-grams": {"test-distinct-edges": 0},
    "novel as a share of all stories": {"test-report-novel": 0},
    "the end is not scored": {"test-nats": 0, "test-nats-many": 0},
    "padding is scored": {"test-nats-many": 0},
    "an interval that ignores the pairs": {"test-interval": 0},
    "nats in place of bits": {"test-distance": 0, "test-interval": 0},
}
