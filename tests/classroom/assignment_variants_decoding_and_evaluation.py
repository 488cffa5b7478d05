"""Half-right answers to "decoding and evaluation", and the tests that each must fail.

`VARIANTS` maps a name to {grade_id of an answer cell: what a student wrote there}; all other answer
cells hold the reference solution. `LOST` maps the name to the test cells that give no points then;
all others give theirs. Run by test_assignment_variants.py.
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
    "looked up in a list": {
        "report": """
def report(stories, training, is_valid):
    valid = [story for story in stories if is_valid(story)]
    return {
        "valid": len(valid) / len(stories),
        "novel": sum(s not in training for s in valid) / len(valid) if valid else 0.0,
        "unique": len(set(stories)) / len(stories),
    }
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

LOST = {
    "min-p against the largest of the whole batch": {"test-min-p-rows"},
    "min-p on logits in place of probabilities": {"test-min-p", "test-min-p-rows"},
    "typical with 0 ln 0, which is nan": {"test-typical-edges"},
    "typical without the token that reaches the mass": {"test-typical", "test-typical-edges"},
    "one source of randomness for all rows": {"test-sampler-seeds"},
    "finished rows go on": {"test-sampler-stop"},
    "the generators made anew for each token": {"test-sampler-stop", "test-sampler-law"},
    "a residual that divides by zero": {"test-accept-edges"},
    "rejected drafts replaced from the target": {"test-speculative-law"},
    "without the token that the target adds": {"test-passes"},
    "distinct-n that fails without n-grams": {"test-distinct-edges"},
    "novel as a share of all stories": {"test-report-novel"},
    "looked up in a list": {"test-report-novel"},
    "the end is not scored": {"test-nats", "test-nats-many"},
    "padding is scored": {"test-nats-many"},
    "an interval that ignores the pairs": {"test-interval"},
    "nats in place of bits": {"test-distance", "test-interval"},
}
