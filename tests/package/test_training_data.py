"""Data sets: windows of a text, whole rows, their order, and what is refused."""

import pytest
import torch
from runs import config, pair, text, tiny

from course_utils.generation import stream
from course_utils.runtime import CourseError
from course_utils.training import Order, Rows, Windows, evaluate, train


def test_windows_are_stretches_of_the_text_from_first_to_last():
    ids, mask = Windows(torch.arange(7), 4).batch(200, Order(0))
    assert torch.equal(ids, ids[:, :1] + torch.arange(4))
    assert set(ids[:, 0].tolist()) == {0, 1, 2, 3}
    assert mask.all() and mask.shape == ids.shape


@pytest.mark.parametrize("n", [4, 7, 8, 9, 23])
@pytest.mark.parametrize("batch_size", [1, 3])
def test_windows_in_order_score_each_token_but_the_first_once(n, batch_size):
    targets = []
    for ids, mask in Windows(torch.arange(n), 4).in_order(batch_size):
        assert ids.shape[1] == 4
        targets += ids[:, 1:][mask[:, 1:]].tolist()
    assert sorted(targets) == list(range(1, n))


def test_a_text_shorter_than_a_block_is_refused():
    with pytest.raises(CourseError, match="block_size is 8 but the text has 7 tokens"):
        Windows(torch.arange(7), 8)
    with pytest.raises(CourseError, match="block_size of 2 or more"):
        Windows(torch.arange(7), 1)


def test_rows_come_once_an_epoch_and_the_order_changes():
    rows, order = Rows(torch.arange(20).view(10, 2)), Order(0)
    seen = torch.cat([rows.batch(4, order)[0][:, 0] for _ in range(5)])  # two epochs
    first, second = seen[:10], seen[10:]
    assert sorted(first.tolist()) == sorted(second.tolist()) == list(range(0, 20, 2))
    assert first.tolist() != second.tolist()


def test_rows_are_cut_behind_the_last_target():
    mask = torch.tensor([[0, 1, 0, 1, 0], [0, 1, 0, 0, 0]]).bool()
    ((ids, cut),) = Rows(torch.arange(10).view(2, 5), mask).in_order(2)
    assert ids.tolist() == [[0, 1, 2, 3], [5, 6, 7, 8]]
    assert torch.equal(cut, mask[:, :4])


def test_rows_refuse_what_does_not_fit():
    ids = torch.zeros(2, 3, dtype=torch.int64)
    with pytest.raises(CourseError, match="one shape"):
        Rows(ids, torch.ones(2, 2))
    with pytest.raises(CourseError, match="one shape"):
        Rows([5, 6, 7])
    with pytest.raises(CourseError, match="row 1 has no target"):
        Rows(ids, torch.tensor([[0, 1, 0], [1, 0, 0]]))


def test_an_order_goes_on_from_its_state():
    rows, order = Rows(torch.arange(20).view(10, 2)), Order(3)
    rows.batch(7, order)
    other = Order(0)
    other.restore({name: tensor.clone() for name, tensor in order.state().items()})
    for _ in range(4):
        assert torch.equal(rows.batch(4, order)[0], rows.batch(4, other)[0])


STORIES = ["the cat sat", "the dog ran", "the end"]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Rows([]), "there are no rows: give at least one"),
        (lambda: Rows(torch.zeros(0, 3)), "there are no rows"),
        (lambda: Rows.pad([], 0), "there are no rows"),
        (lambda: Rows.pad([[], [1, 2]], 0), "row 0 has no target"),
        (lambda: Rows(STORIES), "got a list of 3 × str .*: encode texts with a tokenizer"),
        (lambda: Rows.pad(STORIES, 0), "got str .*: encode texts"),
        (lambda: Rows.pad([5, 6], 0), "expected a list of ids and a mask of its length"),
        (lambda: Windows(STORIES[0], 4), "got str .*: encode texts"),
        (lambda: Rows(None), "expected token ids, got NoneType"),
        (lambda: Rows([[1, 2], [1, 2, 3]]), r"got a list of 2 × list .*Rows.pad"),
        (lambda: Rows([[1.5, 2.0]]), "expected token ids, got torch.float32"),
        (lambda: Windows([0.0] * 9, 4), "expected token ids, got torch.float32"),
        (lambda: Rows([[True, False]]), "expected token ids, got torch.bool"),
        (lambda: Windows(range(9), 4.0), "block_size of 2 or more, got .* 4.0"),
        (lambda: Rows([[5, -100, 6]]), "got -100: there is no such token; .* False in the mask"),
        (lambda: Rows.pad([[5, -100], [5, 6]], 0), "got -100"),
        (lambda: Windows([1, 2, -1, 3], 2), "got -1: there is no such token"),
        (lambda: Rows([[5, 6, 7]], [[-100, 6, 7]]), "expected a mask of True and False"),
        (lambda: Rows.pad([[5, 6]], 0, [[0, 2]]), "expected a mask of True and False"),
        (lambda: Rows.pad([[5, 6]], -100), "pad_id must be a token id, got -100"),
        (lambda: Rows.pad([[5, 6]], None), "pad_id must be a token id, got None"),
        (lambda: Rows.pad([[5, 6]], 0, []), "there are 1 rows and 0 masks"),
        (
            lambda: Rows.pad([[5, 6], [5, 6, 7]], 0, [[1, 1, 1], [1, 1]]),
            r"got \(2,\) and \(3,\) in row 0",
        ),
    ],
)
def test_what_are_no_token_ids_or_masks_gets_one_clear_line(make, message):
    with pytest.raises(CourseError, match=message) as caught:
        make()
    assert "\n" not in str(caught.value)


def test_ids_and_masks_of_any_integer_kind_are_taken():
    assert Rows(torch.tensor([[5, 6]], dtype=torch.int32)).ids.dtype == torch.int64
    assert Rows.pad([range(2), torch.tensor([1, 2, 3], dtype=torch.uint8)], 0).ids.tolist() == [
        [0, 1, 0],
        [1, 2, 3],
    ]
    assert Rows([[5, 6, 7]], [[0.0, 1.0, 0.0]]).mask.tolist() == [[False, True, False]]


def test_data_of_other_shapes_have_other_fingerprints():
    ids = torch.arange(12)
    prints = [Rows(ids.view(shape)).fingerprint() for shape in ((2, 6), (3, 4), (4, 3))]
    assert len(set(prints)) == 3
    assert Windows(ids, 4).fingerprint() != Windows(ids, 5).fingerprint()
    assert prints[0] == Rows(ids.view(2, 6)).fingerprint()


def test_what_stream_yields_can_be_learnt_from():
    """Tokens made in inference mode must not make training fail."""
    model = tiny()
    pieces = list(stream(model, torch.tensor([[1, 2], [3, 4]]), 6, temperature=0))
    rows = Rows(torch.cat([piece.view(2, -1) for piece in pieces], dim=1))
    with torch.inference_mode():
        made_inside = torch.tensor([[1, 2, 3], [4, 5, 6]])
    for data in (rows, Rows(made_inside), Windows(made_inside.flatten(), 3)):
        assert len(train(model, (data, data), config(steps=1))["loss"]) == 1

    class Whole(Rows):
        def batch(self, batch_size, order):
            return self.ids, self.mask  # not a copy, which indexing makes

    assert len(train(model, Whole(made_inside), config(steps=1))["loss"]) == 1


@pytest.mark.parametrize(
    "data", [STORIES, STORIES[:2], STORIES[0], None, text(), ([], []), (pair()[0], STORIES), []]
)
def test_stories_where_data_sets_are_wanted_get_one_clear_line(data):
    with pytest.raises(CourseError, match=r"expected a data set.*: encode texts"):
        train(tiny(), data, config())
    with pytest.raises(CourseError, match="expected a data set, got"):
        evaluate(tiny(), STORIES)


def test_tokens_that_the_model_does_not_have_are_refused_before_the_first_step():
    beyond = Rows([[1, 2, 11]])
    message = "the data hold token 11, and the model has 11 tokens, 0 to 10"
    for data in (beyond, (pair()[0], beyond)):
        with pytest.raises(CourseError, match=message):
            train(tiny(), data, config())
    wrapped = torch.nn.Sequential(tiny())
    with pytest.raises(CourseError, match=message):
        train(wrapped, beyond, config())


@pytest.mark.parametrize("count", [0, -1, 2.5, "all"])
def test_counts_of_evaluate_are_positive_integers(count):
    for name in ("batch_size", "max_batches"):
        with pytest.raises(CourseError, match=f"{name} must be a positive integer, got"):
            evaluate(tiny(), pair()[0], **{name: count})
