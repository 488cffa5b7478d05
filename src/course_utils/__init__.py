"""The small PyTorch package of the course: a GPT, and what the lessons bring to it.

    programs     commands (train, generate, info, chat)   serve (OpenAI's interface)
                 ------------------------------------------------------------------
    the world    hf (Hugging Face, both ways)             vision (a GPT that sees)
                 ------------------------------------------------------------------
    the model    model    generation    training    chat
                 ------------------------------------------------------------------
    primitives   runtime  tokenizers  linear  attention  losses  optim
    ===============================================================================
    lessons/     corpora  scenes  scores  checkpoints  plotting  widgets  checks

Imports go down or sideways, never up. `lessons` may import the GPT; the GPT imports nothing from
`lessons`, and the programs only `checkpoints`, for a model by its name (tests hold all of it).
Begin with `attention`, then `model`, then `generation`.
"""

__version__ = "0.1.0"
