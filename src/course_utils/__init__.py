"""The small PyTorch package of the course: everything that more than one lesson needs.

Imports go to the same layer or a lower one (``tests/test_layers.py`` holds it).

==============  =====================================================  =======================
layer           modules                                                shown in
==============  =====================================================  =======================
0 primitives    runtime, tokenizers, linear, attention, losses,        mathematics,
                optim, corpora, plotting, scores                       applications
1 the model     model, generation, training, chat                      mathematics, hands_on,
                                                                       applications
2 the world     hf, checkpoints, vision, scenes, serve                 hands_on
3 the reader    widgets, checks, commands, ``__main__``                every lesson
==============  =====================================================  =======================
"""

__version__ = "0.1.0"
