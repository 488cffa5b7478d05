"""Train the small models that come with the package (`make checkpoints`).

make_checkpoints.py         train, save, measure, write the card
recipes/<name>_gpt.py       data, training and exam of one model
recipes/initial_weights.py  how some of them begin
"""
