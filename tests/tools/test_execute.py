"""What is stored of a run depends on the run's results alone."""

from itertools import permutations

import nbformat

from tools.notebooks.execute import WIDGETS, tidy

IDS = [letter * 32 for letter in "a5f"]  # as long as those that ipywidgets draws


def notebook(ids):
    """Return a notebook with a widget of each id, the first shown in its cell."""
    view = {"application/vnd.jupyter.widget-view+json": {"model_id": ids[0]}}
    cell = nbformat.v4.new_code_cell(
        "show()", id="show", outputs=[nbformat.v4.new_output("display_data", view)]
    )
    cell.metadata["execution"] = {"iopub.execute_input": "now"}
    state = {name: {"state": {"number": i}} for i, name in enumerate(ids)}
    return nbformat.v4.new_notebook(
        cells=[cell], metadata={"widgets": {WIDGETS: {"state": state, "version_major": 2}}}
    )


def test_the_random_ids_of_widgets_leave_no_trace():
    texts = {tidy(notebook(ids)) for ids in permutations(IDS)}
    assert len(texts) == 1
    [text] = texts
    assert "execution" not in nbformat.reads(text, 4).cells[0].metadata
    assert tidy(notebook(IDS[:2])) != text
