"""reader-gpt in the page: a passage, a question, the answer, and where each head looked for it.

Python computes the first answer; the others are given in the page, in `question_box.js`, once the
reader has loaded the model. Left out: the mask by which many questions share a passage in training.
"""

import html

import torch
import traitlets

from course_utils import arguments
from course_utils.generation import generate
from course_utils.hf import load_pretrained
from course_utils.lessons import checkpoints
from course_utils.lessons.corpora import readings
from course_utils.lessons.corpora.questions import Reading, question_forms, question_words
from course_utils.lessons.widgets._models import ModelWidget
from course_utils.lessons.widgets._seen import seen
from course_utils.runtime import CourseError

MODEL = "reader-gpt"
MOST = 5  # tokens of an answer
PASSAGES, ASKED = 4, 12  # passages to choose from, and questions on each


class QuestionBox(ModelWidget):
    """A passage and questions on it that reader-gpt answers.

    Args:
        examples: readings with questions. Default: four that reader-gpt has never seen.
        question: which question of the first one is answered first. Default 0.

    Raises:
        CourseError: if these are no readings with questions, or there is no such question.

    >>> box = QuestionBox(readings(1, 12, seed=2, part="test"), question=3)
    >>> box.first["question"], box.first["answer"]
    ('Who had the spotted book of Maya in the end?', 'Luca')
    """

    piece = "question_box"
    loads = (MODEL,)
    passages = traitlets.List().tag(sync=True)  # each {text, questions: [[question, answer]]}
    forms = traitlets.List().tag(sync=True)  # of the questions that it has learnt
    words = traitlets.List().tag(sync=True)  # that it has learnt
    most = traitlets.Int(MOST).tag(sync=True)
    first = traitlets.Dict().tag(sync=True)  # as `found` in question_box.js

    def __init__(self, examples: list[Reading] | None = None, question: int = 0):
        if examples is None:
            examples = readings(PASSAGES, ASKED, seed=2, part="test")
        _check(examples)
        arguments.whole("question", question, 0, len(examples[0].questions) - 1)
        asked = examples[0].questions[question].text
        super().__init__(
            passages=[_told(reading) for reading in examples],
            forms=question_forms(),
            words=sorted(question_words()),
            first=_answer(examples[0].story.text, asked),
        )

    def still(self) -> str:
        """The first passage, its first question and the answer."""
        first = {name: html.escape(str(value)) for name, value in self.first.items()}
        return (
            f"<p>{html.escape(self.passages[0]['text'])}</p>"
            f"<p>{first['question']} <b>{first['answer']}</b></p>"
        )

    def __repr__(self) -> str:  # the default holds an address, which no stored output may
        return f"QuestionBox({len(self.passages)} passages), alive when run"


def _check(examples):
    fits = isinstance(examples, list) and examples
    if not fits or not all(isinstance(one, Reading) and one.questions for one in examples):
        got = arguments.shortened(examples)
        raise CourseError(f"expected readings with questions, got {got}: draw them with readings")


def _told(reading: Reading) -> dict:
    questions = [[question.text, question.answer] for question in reading.questions]
    return {"text": reading.story.text, "questions": questions}


def _answer(passage: str, question: str) -> dict:
    """Return reader-gpt's answer, its tokens with their probabilities, and where heads look.

    The heads are those of the moment before the last word of the answer.
    """
    model, tokenizer = load_pretrained(checkpoints.path(MODEL))
    eos = tokenizer.eos_id
    ids = [eos, *tokenizer.encode(passage), eos, *tokenizer.encode(question)]
    row = generate(model, torch.tensor([ids]), MOST, temperature=0, eos_id=eos)[0].tolist()
    costs = seen(model, row)["surprises"][len(ids) :]
    last = max(len(ids), len(row) - 1 - (row[-1] == eos))  # where the last word stands
    return {
        "question": question,
        "answer": tokenizer.decode(row[len(ids) :]).strip(),
        "tokens": [tokenizer.decode([i], skip_special_tokens=False) for i in row],
        "asked": len(ids),
        "shares": [round(share, 4) for share in torch.tensor(costs).neg().exp().tolist()],
        "attention": seen(model, row[:last])["attention"],
    }
