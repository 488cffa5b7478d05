"""Generation: each filter, greedy and beam search against Hugging Face; sampling against p."""

import inspect
import itertools

import pytest
import torch
from transformers import (
    GPT2Config,
    GPT2LMHeadModel,
    RepetitionPenaltyLogitsProcessor,
    TemperatureLogitsWarper,
    TopKLogitsWarper,
    TopPLogitsWarper,
)

from course_utils.attention import prefix_mask
from course_utils.generation import (
    apply_repetition_penalty,
    apply_temperature,
    beam_search,
    generate,
    keep_top_k,
    keep_top_p,
    next_probabilities,
    stream,
    until_stop,
)
from course_utils.model import GPT, GPTConfig
from course_utils.runtime import CourseError

SMALL = GPTConfig(vocab_size=9, block_size=16, n_layer=2, n_head=2, n_embd=8)
SHAPES = [SMALL, GPTConfig(vocab_size=50, block_size=24, n_layer=3, n_head=4, n_embd=32)]


pytestmark = pytest.mark.usefixtures("one_thread")


def make(config=SMALL, seed=0):
    """A random model whose logits differ as much as a trained one's."""
    torch.manual_seed(seed)
    model = GPT(config).eval()
    with torch.no_grad():
        for p in model.parameters():
            if p.dim() == 2:
                p.mul_(15)
    return model


def peer(model):
    """Hugging Face's GPT-2 with the weights of ours, copied by hand."""
    c = model.config
    sizes = {"n_layer": c.n_layer, "n_head": c.n_head, "n_embd": c.n_embd}
    special = {"bos_token_id": None, "eos_token_id": None, "pad_token_id": 0}
    config = GPT2Config(vocab_size=c.vocab_size, n_positions=c.block_size, **sizes, **special)
    hf = GPT2LMHeadModel(config).eval()
    renamed = {"qkv": "c_attn", "attn.proj": "attn.c_proj", "fc": "c_fc", "mlp.proj": "mlp.c_proj"}
    weights = {}
    for name, weight in model.state_dict().items():
        linear = any(f".{key}." in name for key in renamed)
        for ours, theirs in renamed.items():
            name = name.replace(f".{ours}.", f".{theirs}.")
        name = "transformer." + name.replace("blocks.", "h.")
        weights[name] = weight.T if linear and weight.dim() == 2 else weight
    missing, unexpected = hf.load_state_dict(weights, strict=False)
    assert set(missing) <= {"lm_head.weight"} and not unexpected
    return hf


def prompt(B=2, T=3, vocab=9, seed=1):
    return torch.randint(vocab, (B, T), generator=torch.Generator().manual_seed(seed))


def hf_generate(hf, ids, n, **settings):
    mask = torch.ones_like(ids)
    return hf.generate(ids, attention_mask=mask, max_new_tokens=n, do_sample=False, **settings)


# Filters

LOGITS = torch.cat(
    [
        3 * torch.randn(4, 12, generator=torch.Generator().manual_seed(0)),
        torch.zeros(1, 12),  # all alike
        torch.tensor([[1.0] * 3 + [2.0] * 3 + [0.0] * 6]),  # ties
        torch.tensor([[1e4, -1e4] + [0.0] * 10]),
        torch.tensor([[float("-inf")] * 6 + [1.0, 2, 3, 4, 5, 6]]),
    ]
)
SEEN = torch.randint(12, (len(LOGITS), 5), generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize("temperature", [0.1, 0.7, 1.0, 3.0])
def test_temperature_equals_hf(temperature):
    expected = TemperatureLogitsWarper(temperature)(SEEN, LOGITS)
    assert torch.equal(apply_temperature(LOGITS, temperature), expected)


@pytest.mark.parametrize("k", [1, 2, 4, 5, 12, 100])
def test_top_k_equals_hf(k):
    assert torch.equal(keep_top_k(LOGITS, k), TopKLogitsWarper(k)(SEEN, LOGITS))


@pytest.mark.parametrize("p", [1e-9, 0.1, 0.5, 0.75, 0.9, 0.999, 1.0])
def test_top_p_equals_hf(p):
    assert torch.equal(keep_top_p(LOGITS, p), TopPLogitsWarper(p)(SEEN, LOGITS))


def test_top_p_by_hand():
    logits = torch.tensor([[0.2, 0.5, 0.3]]).log()
    for p, kept in ((0.4, [1]), (0.6, [1, 2]), (0.79, [1, 2]), (0.81, [0, 1, 2])):
        assert keep_top_p(logits, p)[0].isfinite().nonzero()[:, 0].tolist() == kept


@pytest.mark.parametrize("penalty", [0.5, 1.0, 1.3, 10.0])
def test_repetition_penalty_equals_hf(penalty):
    expected = RepetitionPenaltyLogitsProcessor(penalty)(SEEN, LOGITS.clone())
    assert torch.equal(apply_repetition_penalty(LOGITS, SEEN, penalty), expected)


def test_filters_leave_their_input_alone():
    before = LOGITS.clone()
    next_probabilities(LOGITS, SEEN, 0.7, 4, 0.9, 1.2)
    assert torch.equal(LOGITS, before)


def test_all_filters_in_hfs_order():
    x = RepetitionPenaltyLogitsProcessor(1.3)(SEEN, LOGITS.clone())
    for warper in (TemperatureLogitsWarper(0.7), TopKLogitsWarper(5), TopPLogitsWarper(0.8)):
        x = warper(SEEN, x)
    p = next_probabilities(LOGITS, SEEN, 0.7, 5, 0.8, 1.3)
    assert torch.equal(p, x.softmax(-1))
    torch.testing.assert_close(p.sum(-1), torch.ones(len(p)))


# Greedy


@pytest.mark.parametrize("config", SHAPES)
@pytest.mark.parametrize("penalty", [1.0, 1.4])
def test_greedy_equals_hf_up_to_block_size(config, penalty):
    model = make(config)
    ids, n = prompt(vocab=config.vocab_size), config.block_size - 3
    ours = generate(model, ids, n, temperature=0, repetition_penalty=penalty)
    assert torch.equal(ours, hf_generate(peer(model), ids, n, repetition_penalty=penalty))
    assert len(set(ours[0].tolist())) > 2  # not one token for ever


@pytest.mark.parametrize("config", SHAPES)
@pytest.mark.parametrize("use_cache", [True, False])
def test_beyond_block_size_the_window_is_read_afresh(config, use_cache):
    model, ids = make(config), prompt(vocab=config.vocab_size)
    naive = ids
    for _ in range(2 * config.block_size):
        logits = model(naive[:, -config.block_size :])[:, -1]
        naive = torch.cat([naive, logits.argmax(-1, keepdim=True)], 1)
    ours = generate(model, ids, 2 * config.block_size, temperature=0, use_cache=use_cache)
    assert torch.equal(ours, naive)


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize("settings", [{}, {"top_k": 3}, {"top_p": 0.8, "temperature": 0.7}])
def test_the_cache_changes_no_token(settings):
    model, ids = make(), prompt()
    runs = [
        generate(
            model, ids, 20, num_return_sequences=2, generator=seeded(), use_cache=c, **settings
        )
        for c in (True, False)
    ]
    assert torch.equal(*runs)


# Sampling


def test_sampling_follows_its_generator_only():
    model, ids = make(), prompt()
    first = generate(model, ids, 12, generator=seeded(1))
    torch.rand(1)
    assert torch.equal(generate(model, ids, 12, generator=seeded(1)), first)
    assert not torch.equal(generate(model, ids, 12, generator=seeded(2)), first)


@pytest.mark.parametrize("settings", [{}, {"temperature": 2.0, "top_k": 4}, {"top_p": 0.7}])
def test_frequencies_are_the_probabilities(settings):
    model, ids, N = make(seed=3), prompt(1), 20_000
    ours = generate(model, ids, 1, num_return_sequences=N, generator=seeded(), **settings)
    p = next_probabilities(model(ids)[:, -1], ids, **settings)[0]
    seen = ours[:, -1].bincount(minlength=9) / N
    assert ((seen - p).abs() <= 4 * (p * (1 - p) / N).sqrt() + 1e-9).all()
    assert (p > 0).sum() > 1


def test_several_sequences_stand_together():
    model, ids = make(), prompt(2)
    out = generate(model, ids, 8, num_return_sequences=3, generator=seeded())
    assert out.shape == (6, 11)
    assert torch.equal(out[:, :3], ids[[0, 0, 0, 1, 1, 1]])
    assert len({tuple(row) for row in out.tolist()}) == 6


def test_one_prompt_at_a_time_equals_the_batch():
    model, ids = make(), prompt(4)
    rows = [generate(model, row[None], 10, temperature=0) for row in ids]
    assert torch.equal(generate(model, ids, 10, temperature=0), torch.cat(rows))


def test_stream_yields_what_generate_returns():
    model, ids = make(), prompt()
    steps = list(stream(model, ids, 9, generator=seeded()))
    assert [s.shape for s in steps] == [(2,)] * 9
    assert torch.equal(torch.stack(steps, 1), generate(model, ids, 9, generator=seeded())[:, 3:])


def test_stream_is_called_as_generate_is():
    model, ids = make(), prompt()
    assert inspect.signature(stream) == inspect.signature(generate)
    words = (0.7, 5, 0.9, 1.2, 1, 8)  # temperature, top_k, top_p, penalty, sequences, eos_id
    steps = torch.stack(list(stream(model, ids, 6, *words, seeded())), dim=1)
    assert torch.equal(steps, generate(model, ids, 6, *words, seeded())[:, 3:])
    with pytest.raises(TypeError, match="tempo"):
        stream(model, ids, 6, tempo=1.0)


def test_stream_finds_bad_settings_before_its_first_token():
    with pytest.raises(CourseError, match="top_k"):
        stream(make(), prompt(), 6, top_k=0)


def test_no_new_token_is_the_prompt():
    assert torch.equal(generate(make(), prompt(), 0), prompt())


def test_the_result_can_be_trained_on():
    model = make()
    steps = torch.stack(list(stream(model, prompt(), 5)), dim=1)
    first = next(stream(model, prompt(), 5, temperature=0))[:, None]  # as it is handed out
    for out in (generate(model, prompt(), 5), beam_search(model, prompt(), 5, 2), steps, first):
        model(out).sum().backward()
    assert not first.is_inference()


# Stopping


def test_finished_rows_are_padded_and_the_last_one_ends_it():
    model, ids = make(), prompt(4)
    free = generate(model, ids, 13, temperature=0)
    eos = free[0, 5].item()
    first = [(row[3:] == eos).nonzero()[:1, 0].tolist() for row in free]  # where each would end
    out = generate(model, ids, 13, temperature=0, eos_id=eos)
    ends = [f[0] if f else 12 for f in first]
    assert len(set(ends)) > 1 and out.shape[1] == 3 + max(ends) + 1
    for row, want, end in zip(out, free, ends, strict=True):
        assert torch.equal(row[: 4 + end], want[: 4 + end])
        assert row[4 + end :].eq(eos).all()


def ends_of(model, ids, n=2):
    """Return end tokens that a greedy continuation meets, the later one first."""
    free = generate(model, ids, 13, temperature=0)[0, 3:].tolist()
    return list(dict.fromkeys(free))[1 : n + 1][::-1], free


@pytest.mark.parametrize("kind", [list, tuple])
def test_each_of_several_end_tokens_ends_a_row_and_the_first_pads(kind):
    model, ids = make(), prompt(4)
    ends, _ = ends_of(model, ids)
    free = generate(model, ids, 13, temperature=0)
    out = generate(model, ids, 13, temperature=0, eos_id=kind(ends))
    lengths = set()
    for row, want in zip(out.tolist(), free.tolist(), strict=True):
        end = next((i for i in range(3, 16) if want[i] in ends), 15)
        assert row[: end + 1] == want[: end + 1]
        assert set(row[end + 1 :]) <= {ends[0]}
        lengths.add((end, want[end]))
    assert len(lengths) > 1  # they end at different places


def test_one_end_token_may_stand_in_a_list_and_an_empty_list_ends_nothing():
    model, ids = make(), prompt(1)
    (end,), free = ends_of(model, ids, n=1)
    one = generate(model, ids, 13, temperature=0, eos_id=end)
    assert torch.equal(generate(model, ids, 13, temperature=0, eos_id=[end]), one)
    assert generate(model, ids, 13, temperature=0, eos_id=[])[0, 3:].tolist() == free
    steps = stream(model, ids, 13, temperature=0, eos_id=[8, end])
    assert [step.item() for step in steps] == one[0, 3:].tolist()


@pytest.mark.parametrize("seed", range(3))
def test_beam_search_with_several_end_tokens_equals_hf(seed):
    model, ids = make(seed=seed), prompt(2, seed=seed)
    hf, ends = peer(model), generate(model, ids, 2, temperature=0)[:, 4].tolist()
    for beams, penalty in ((2, 1.0), (3, 0.5), (4, 2.0)):
        settings = {"num_beams": beams, "length_penalty": penalty}
        theirs = hf_generate(
            hf, ids, 12, eos_token_id=ends, pad_token_id=ends[0], early_stopping=False, **settings
        )
        assert torch.equal(beam_search(model, ids, 12, eos_id=ends, **settings), theirs), settings


def test_all_finished_stops_early():
    model, ids = make(), prompt(1)
    free = generate(model, ids, 13, temperature=0)[0, 3:]
    eos = free[4].item()
    end = free.tolist().index(eos)
    assert len(list(stream(model, ids, 13, temperature=0, eos_id=eos))) == end + 1 < 13


def test_an_eos_in_the_prompt_ends_nothing():
    model, ids = make(), prompt(1)
    free = generate(model, ids, 6, temperature=0)
    unused = (set(range(9)) - set(free[0, 3:].tolist())).pop()
    ids = torch.tensor([[unused, *ids[0].tolist()]])
    assert generate(model, ids, 6, temperature=0, eos_id=unused).shape[1] > 5


def cut(text, lengths):
    """Cut a text into pieces of these lengths, over and over."""
    sizes, pieces = itertools.cycle(lengths), []
    while text:
        size = next(sizes)
        pieces, text = [*pieces, text[:size]], text[size:]
    return pieces


def parts(steps):
    """Return what a generator yields, and its value."""
    got = []
    while True:
        try:
            got.append(next(steps))
        except StopIteration as end:
            return got, end.value


@pytest.mark.parametrize("lengths", [[1], [2], [3, 1], [5], [99]])
@pytest.mark.parametrize(
    ("stops", "left"),
    [
        ([], "one, two, three"),
        (", two", "one"),
        ([", two"], "one"),
        (["three", "two"], "one, "),
        (["one"], ""),
        ([", two!", "threes"], "one, two, three"),
        (["e, t", "two"], "on"),
    ],
)
def test_a_text_ends_before_the_first_stop_however_it_comes(lengths, stops, left):
    pieces, stopped = parts(until_stop(cut("one, two, three", lengths), stops))
    assert ("".join(pieces), stopped) == (left, left != "one, two, three")
    assert all(pieces)  # nothing empty is passed on


def test_text_that_cannot_begin_a_stop_is_passed_on_at_once():
    steps = until_stop(iter(["a", "b", "x", "c"]), ["xy"])
    assert [next(steps), next(steps)] == ["a", "b"]
    assert next(steps) == "xc"  # an x might have been the beginning of one


def test_stops_that_overlap():
    assert parts(until_stop(iter("xxababcab"), ["abc", "cab"])) == (["x", "x", "ab"], True)
    assert parts(until_stop(["xa", "b", "xab"], ["abc"])) == (["x", "abx", "ab"], False)


@pytest.mark.parametrize("stops", [[""], "", [None], [3]])
def test_a_stop_must_be_a_text(stops):
    with pytest.raises(CourseError, match="stop must be a text"):
        until_stop(["a"], stops)


# A cache that is filled already


@pytest.mark.parametrize("n", [1, 3])
def test_a_filled_cache_equals_the_whole_prompt(n):
    model, ids = make(), prompt(2, 6)
    cache = model.new_cache(2)
    with torch.no_grad():
        model(ids[:, :4], cache=cache)
    before = [t.clone() for t in (*cache.keys, *cache.values)]
    settings = {"num_return_sequences": n, "max_new_tokens": 10}
    whole = generate(model, ids, generator=seeded(), **settings)
    after = generate(model, ids[:, 4:], generator=seeded(), cache=cache, **settings)
    assert torch.equal(after, whole[:, 4:])
    assert cache.length == 4
    assert all(map(torch.equal, before, (*cache.keys, *cache.values)))


def test_a_cache_may_hold_an_image_that_sees_itself():
    model, ids = make(), prompt(1)
    image = torch.randn(1, 4, 8, generator=seeded(5))
    cache = model.new_cache(1)
    with torch.no_grad():
        model(embeddings=image, mask=prefix_mask(4, 4), cache=cache)
    text = ids
    for _ in range(8):
        x = torch.cat([image, model.wte(text)], 1)
        logits = model(embeddings=x, mask=prefix_mask(x.shape[1], 4))
        text = torch.cat([text, logits[:, -1].argmax(-1, keepdim=True)], 1)
    assert torch.equal(generate(model, ids, 8, temperature=0, cache=cache), text)


# Beam search


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("stops", [False, True])
def test_beam_search_equals_hf(seed, stops):
    model, ids = make(seed=seed), prompt(2, seed=seed)
    hf = peer(model)
    eos = generate(model, ids, 3, temperature=0)[0, 5].item() if stops else None  # a likely one
    for beams, penalty in ((2, 0.5), (2, 2.0), (3, 1.0), (4, 0.5), (4, 2.0)):
        settings = {"num_beams": beams, "length_penalty": penalty}
        theirs = hf_generate(
            hf, ids, 12, eos_token_id=eos, pad_token_id=eos, early_stopping=False, **settings
        )
        ours = beam_search(model, ids, 12, eos_id=eos, **settings)
        assert torch.equal(ours, theirs), settings


def log_prob(model, ids, start):
    logs = model(ids)[:, :-1].log_softmax(-1)
    return logs.gather(2, ids[:, 1:, None])[:, start - 1 :, 0].sum(1)


@pytest.mark.parametrize("seed", range(3))
def test_a_wide_beam_finds_the_best_of_all(seed):
    model = make(GPTConfig(4, 8, 1, 2, 8), seed)
    ids = prompt(1, 2, vocab=4)
    tails = torch.tensor(list(itertools.product(range(4), repeat=4)))
    every = torch.cat([ids.expand(len(tails), 2), tails], 1)
    best = every[log_prob(model, every, 2).argmax()]
    assert torch.equal(beam_search(model, ids, 4, num_beams=64)[0], best)


def test_one_beam_is_greedy_and_more_find_likelier_texts():
    gains = []
    for seed in range(8):
        model, ids = make(seed=seed), prompt(1)
        greedy = generate(model, ids, 8, temperature=0)
        assert torch.equal(beam_search(model, ids, 8, num_beams=1), greedy)
        beam = beam_search(model, ids, 8, num_beams=6)
        gains.append((log_prob(model, beam, 3) - log_prob(model, greedy, 3)).item())
    assert sum(gains) > 0 and max(gains) > 0.1


# Bad input, and what is left behind

BAD = [
    ({"temperature": -1}, "temperature"),
    ({"temperature": float("nan")}, "temperature"),
    ({"top_k": 0}, "top_k"),
    ({"top_p": 0}, "top_p"),
    ({"top_p": 1.1}, "top_p"),
    ({"repetition_penalty": 0}, "repetition_penalty"),
    ({"max_new_tokens": -1}, "max_new_tokens"),
    ({"num_return_sequences": 0}, "num_return_sequences"),
    ({"num_return_sequences": 5, "temperature": 0}, "greedy"),
    ({"ids": torch.tensor([1, 2])}, "shape"),
    ({"ids": torch.zeros(1, 0, dtype=torch.long)}, "at least one token"),
    ({"ids": torch.zeros(0, 3, dtype=torch.long)}, "shape"),
    ({"ids": torch.zeros(1, 17, dtype=torch.long)}, "block_size is 16"),
    ({"ids": torch.tensor([[9]])}, "0 to 8"),
    ({"ids": torch.tensor([[-1]])}, "0 to 8"),
    ({"ids": torch.tensor([[1.0]])}, "int64"),
    ({"ids": torch.tensor([[True]])}, "int64 .* got torch.bool"),
    ({"ids": [[1, 2]]}, r"got \[\[1, 2\]\]: make a tensor"),
    ({"ids": "Once upon"}, "got the text 'Once upon': encode it"),
    ({"ids": None}, "got None: make a tensor"),
    ({"max_new_tokens": 4.5}, r"max_new_tokens must be a whole number, got 4\.5"),
    ({"max_new_tokens": "5"}, "max_new_tokens must be a whole number, got '5'"),
    ({"max_new_tokens": True}, "max_new_tokens must be a whole number, got True"),
    ({"top_k": 2.0}, r"top_k must be a whole number, or None, got 2\.0"),
    ({"top_k": "2"}, "top_k"),
    ({"top_k": True}, "top_k"),
    ({"top_p": "0.9"}, "top_p must be a number, above 0 and at most 1, or None, got '0.9'"),
    ({"temperature": None}, r"temperature must be a number, 0 \(greedy\) or above, got None"),
    ({"temperature": "hot"}, "temperature .* got 'hot'"),
    ({"temperature": torch.ones(2)}, r"temperature .* of shape \(2,\)"),
    ({"temperature": True}, "temperature .* got True"),
    ({"repetition_penalty": None}, "repetition_penalty"),
    ({"repetition_penalty": 1e-39}, "repetition_penalty must be 1e-06 or more, got 1e-39"),
    ({"repetition_penalty": float("inf")}, "repetition_penalty"),
    ({"num_return_sequences": 2.0}, "num_return_sequences must be a whole number"),
    ({"eos_id": 9}, "eos_id must be from 0 to 8, a list of some, or None, got 9"),
    ({"eos_id": -1}, "eos_id"),
    ({"eos_id": "<eos>"}, "eos_id must be a whole number, a list of some, or None"),
    ({"eos_id": [3, 1.5]}, "eos_id"),
    ({"generator": 5}, "generator must be a Generator, got 5: make one"),
    ({"cache": "yes"}, "cache must be a KVCache"),
]


@pytest.mark.parametrize(("change", "message"), BAD)
def test_bad_input(change, message):
    given = {"ids": prompt(), "max_new_tokens": 3} | change
    with pytest.raises(CourseError, match=message):
        generate(make(), **given)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"use_cache": False}, "use_cache"),
        ({"max_new_tokens": 11}, "block_size is 16"),
        ({"ids": prompt(3)}, "3"),
    ],
)
def test_a_filled_cache_that_does_not_fit(change, message):
    model = make()
    cache = model.new_cache(2)
    with torch.no_grad():
        model(prompt(2, 4), cache=cache)
    given = {"ids": prompt(2), "max_new_tokens": 10} | change
    generate(model, prompt(2), 10, cache=cache)
    with pytest.raises(CourseError, match=message):
        generate(model, cache=cache, **given)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"num_beams": 0}, "num_beams"),
        ({"max_new_tokens": 0}, "max_new_tokens"),
        ({"max_new_tokens": 14}, "block_size is 16"),
        ({"ids": torch.tensor([[9]])}, "0 to 8"),
        ({"ids": [[1]]}, "make a tensor"),
        ({"num_beams": 2.0}, "num_beams must be a whole number"),
        ({"length_penalty": "1"}, "length_penalty must be a number"),
        ({"length_penalty": float("nan")}, "length_penalty must be finite"),
        ({"eos_id": 9}, "eos_id"),
    ],
)
def test_bad_input_to_beam_search(change, message):
    with pytest.raises(CourseError, match=message):
        beam_search(make(), **{"ids": prompt(), "max_new_tokens": 3, "num_beams": 2} | change)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"temperature": 0}, "temperature"),
        ({"top_k": -1}, "top_k"),
        ({"top_p": 2}, "top_p"),
        ({"repetition_penalty": 1.2}, "ids"),
        ({"repetition_penalty": 1.2, "ids": SEEN[:1]}, r"of shape \(8, T\), a row for each"),
        ({"repetition_penalty": 1.2, "ids": SEEN + 12}, "from 0 to 11"),
        ({"top_k": 2.5}, "top_k"),
        ({"logits": LOGITS[0]}, r"logits must be a tensor of shape \(B, V\)"),
        ({"logits": [[1.0, 2.0]]}, "make a tensor"),
        ({"logits": torch.tensor([[1, 2]])}, r"floating logits, got torch.int64"),
        ({"logits": torch.full((1, 3), float("-inf"))}, "every token of a row"),
        ({"logits": torch.tensor([[0.0, float("nan")]])}, "gave nan"),
    ],
)
def test_bad_settings_of_next_probabilities(settings, message):
    with pytest.raises(CourseError, match=message):
        next_probabilities(**{"logits": LOGITS} | settings)


ROW = torch.tensor([[0.5, 2.0, 1.0]])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: apply_temperature(ROW, 0), "temperature must be above 0, got 0"),
        (lambda: apply_temperature(ROW, "hot"), "got 'hot'"),
        (lambda: apply_temperature(0.5, ROW), "logits must be a tensor"),
        (lambda: keep_top_k(ROW, 2.5), "k must be a whole number, got 2.5"),
        (lambda: keep_top_k(ROW, 0), "k must be 1 or more, got 0"),
        (lambda: keep_top_k(ROW[0], 2), r"\(B, V\)"),
        (lambda: keep_top_k(ROW.long(), 2), "floating"),
        (lambda: keep_top_p(ROW, 0), "p must be above 0 and at most 1, got 0"),
        (lambda: keep_top_p(ROW[None], 0.5), r"\(B, V\)"),
        (lambda: apply_repetition_penalty(ROW, torch.tensor([[0]]), 0), "penalty"),
        (lambda: apply_repetition_penalty(ROW, torch.tensor([[3]]), 2.0), "from 0 to 2"),
        (lambda: apply_repetition_penalty(ROW, torch.tensor([0]), 2.0), r"ids .* \(B, T\)"),
        (lambda: apply_repetition_penalty(ROW, torch.tensor([[0.0]]), 2.0), "ids as int64"),
        (lambda: apply_repetition_penalty(ROW, [[0]], 2.0), "ids must be a tensor"),
    ],
)
def test_filters_by_hand_name_what_does_not_fit(call, message):
    with pytest.raises(CourseError, match=message):
        call()


@pytest.mark.parametrize("temperature", [1e-30, 1e-38, 1e-45, 5e-324])
def test_the_coldest_temperatures_draw_the_likeliest(temperature):
    model, ids = make(), prompt()
    cold = generate(model, ids, 9, temperature=temperature, generator=seeded())
    assert torch.equal(cold, generate(model, ids, 9, temperature=0))
    p = next_probabilities(torch.tensor([[3.0, 4.0, 4.0]]), temperature=temperature)
    assert p.tolist() == [[0.0, 0.5, 0.5]]  # ties stay ties


DAMAGED = [  # each way to a token
    lambda *a: generate(*a, temperature=0),
    lambda *a: generate(*a, generator=seeded()),
    lambda *a: generate(*a, generator=seeded(), top_k=2, top_p=0.9, repetition_penalty=1.3),
    lambda *a: list(stream(*a, temperature=0)),
    lambda *a: beam_search(*a, num_beams=2),
    lambda *a: next_probabilities(a[0](a[1])[:, -1]),
]


@pytest.mark.parametrize("call", DAMAGED)
@pytest.mark.parametrize(
    ("value", "place"), [("nan", slice(None)), ("nan", (7, 0)), ("inf", slice(None))]
)
def test_damaged_weights_are_said_instead_of_noise(call, value, place):
    model = make()
    with torch.no_grad():
        model.wte.weight[place] = float(value)
    with pytest.raises(CourseError, match=r"the model gave \w+ ones: its weights are damaged"):
        call(model, torch.tensor([[1, 2]]), 4)
    assert not model.training


def test_weights_that_turn_bad_later_are_said_there():
    model = make()
    with torch.no_grad():
        model.wpe.weight[5] = float("nan")
    steps = stream(model, prompt(1), 9, temperature=0)
    assert len([next(steps) for _ in range(3)]) == 3
    with pytest.raises(CourseError, match="gave nan"):
        next(steps)


@pytest.mark.parametrize("dtype", [torch.int32, torch.int16, torch.uint8])
@pytest.mark.parametrize("penalty", [1.0, 1.3])
def test_other_integers_are_ids_too(dtype, penalty):
    model, ids = make(), prompt()
    out = generate(model, ids.to(dtype), 5, temperature=0, repetition_penalty=penalty)
    assert torch.equal(out, generate(model, ids, 5, temperature=0, repetition_penalty=penalty))
    assert torch.equal(beam_search(model, ids.to(dtype), 5, 2), beam_search(model, ids, 5, 2))


def test_what_is_no_gpt_of_the_course_is_said():
    for model in (object(), peer(make())):
        with pytest.raises(CourseError, match="expected a GPT of this course"):
            generate(model, prompt(), 3)


@pytest.mark.parametrize("training", [True, False])
def test_the_mode_comes_back(training):
    model = make().train(training)
    steps = stream(model, prompt(), 9)
    next(steps)
    assert not model.training
    steps.close()  # abandoned in the middle
    assert model.training is training
    beam_search(model, prompt(), 3, 2)
    assert model.training is training
    with pytest.raises(CourseError):
        generate(model, prompt(), 3, top_k=0)
    assert model.training is training


def test_dropout_is_off_while_generating():
    model = make(GPTConfig(9, 16, 2, 2, 8, dropout=0.5)).train()
    runs = {tuple(generate(model, prompt(1), 12, temperature=0)[0].tolist()) for _ in range(3)}
    assert len(runs) == 1
