"""GPT-2 in plain JavaScript, for pages that have no Python: the modules and how to find them.

::

    weights.js   safetensors, read
    gpt.js       forwards with a cache, attention, logit lens: beside `course_utils.model`
    eyes.js      patches, encoder, projector: beside `course_utils.vision`
    sampling.js  temperature, top-k, top-p, penalty: beside `course_utils.generation`
    scene.js     a scene as pixels: beside `course_utils.lessons.scenes`
    questions.js which questions a model knows: beside `course_utils.serve`
    talk.js      conversations and replies: beside `course_utils.chat`
    tokens.js    tokenizer.json by Hugging Face's own library, which lies in vendor/
    merges.js    byte-pair encoding step by step: beside the lesson on tokens
    backprop.js  the gradient of the pretraining loss, by hand
    optimise.js  descent, AdamW, Muon: beside `course_utils.optim`
    training.js  a new model, the loss of a batch, the length of its gradient
    runs.js      a training run, as a page asks for it
    grammar.js   the story grammar, drawn and read: beside `course_utils.lessons.corpora`
    random.js    random numbers that can be drawn again

Each is compared with PyTorch in a browser (`tests/lessons/test_engine.py`). Left out: batches (a
page reads one text), dropout, training of the eyes.
"""

MODULES = (
    "backprop",
    "eyes",
    "gpt",
    "grammar",
    "merges",
    "optimise",
    "questions",
    "random",
    "runs",
    "sampling",
    "scene",
    "tokens",
    "training",
    "weights",
)
