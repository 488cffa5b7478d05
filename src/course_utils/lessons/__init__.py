"""What the lessons bring to the GPT: things to learn from, to look at, to measure, to check.

Nothing in the GPT imports it; the programs ask `checkpoints` for a model by its name.

- `corpora`: texts drawn by seed, such as stories whose entropy is known exactly
- `scenes`: small pictures with captions, questions and answers
- `scores`: numbers for generated text
- `checkpoints`: the small trained models that come with the package
- `plotting`: figures from arrays
- `widgets`: interactive pieces
- `checks`: one check per exercise; a file a lesson, with the messages that readers see
- `kernel`: what a notebook needs before its imports
"""
