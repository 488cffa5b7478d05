"""A notebook as programs save it: Colab, VS Code, JupyterLab, nbgrader's validator, old Jupyter.

Made from what the programs' own files hold. Where the library is here (nbformat, nbgrader), it
writes the file.
"""

import copy
import json

import nbformat
from nbgrader.preprocessors import CheckCellMetadata, ClearOutput
from nbgrader.validator import Validator

PRINTED = {"output_type": "stream", "name": "stdout", "text": ["1\n", "2\n"]}


def plain(notebook) -> dict:
    """Return a notebook as JSON gives it: texts as lists of lines."""
    return json.loads(nbformat.writes(notebook))


def code(data: dict) -> list[dict]:
    """Return the cells with code."""
    return [cell for cell in data["cells"] if cell["cell_type"] == "code"]


def without_ids(data: dict) -> dict:
    """Take away the ids, as programs for format 4.4 and older do."""
    for cell in data["cells"]:
        del cell["id"]
    return data


def dumped(data: dict) -> bytes:
    """Return a file's bytes."""
    return json.dumps(data, ensure_ascii=False, indent=1).encode("utf8")


def colab(notebook) -> bytes:
    """Format 4.0, ids within the metadata, Colab's own entries, widgets without a version."""
    data = plain(notebook)
    for number, cell in enumerate(without_ids(data)["cells"]):
        cell["metadata"] |= {"id": f"aB_c-{number}xyz"}
    for cell in code(data):
        cell["metadata"] |= {"colab": {"base_uri": "https://localhost:8080/", "height": 35}}
        cell["metadata"] |= {"outputId": "7d1c", "executionInfo": {"status": "ok", "elapsed": 3}}
        cell |= {"execution_count": 1, "outputs": [copy.deepcopy(PRINTED)]}
    state = {"ab12": {"model_module": "@jupyter-widgets/controls", "model_name": "HTMLModel"}}
    data["metadata"] = {
        "colab": {"provenance": [], "toc_visible": True},
        "kernelspec": {"name": "python3"},
        "language_info": {},
        "accelerator": "GPU",
        "widgets": {"application/vnd.jupyter.widget-state+json": state},
    }
    data |= {"nbformat": 4, "nbformat_minor": 0}
    return dumped(data)


def vs_code(notebook) -> bytes:
    """Format 4.2 without ids; texts as lists; the interpreter noted."""
    data = without_ids(plain(notebook))
    for cell in code(data):
        cell |= {"execution_count": None, "outputs": [copy.deepcopy(PRINTED)]}
        cell["metadata"] |= {"vscode": {"languageId": "python"}}
    data["metadata"] = {
        "kernelspec": {"display_name": ".venv", "language": "python", "name": "python3"},
        "language_info": {"name": "python", "version": "3.11.9", "orig_nbformat": 4},
        "vscode": {"interpreter": {"hash": "31f2aee4"}},
    }
    data |= {"nbformat": 4, "nbformat_minor": 2}
    return dumped(data)


def jupyterlab(notebook) -> bytes:
    """Format 4.5, run, with a picture in the output; written by nbformat itself."""
    made = nbformat.from_dict(copy.deepcopy(notebook))
    for cell in made.cells:
        if cell.cell_type == "code":
            shown = {"text/plain": "<Figure>", "image/png": "QUJD\n"}
            cell.outputs = [nbformat.v4.new_output("display_data", shown)]
            cell.execution_count = 3
            cell.metadata["execution"] = {"iopub.status.busy": "2026-11-29T20:00:00.000Z"}
    return nbformat.writes(made).encode("utf8")


def validator(notebook) -> bytes:
    """Format 4.5 as nbgrader's validator leaves it, with the outputs of its run."""
    checker = Validator(preprocessors=[ClearOutput, CheckCellMetadata])
    made = checker._preprocess(nbformat.from_dict(copy.deepcopy(notebook)))
    for cell in made.cells:
        cell.metadata |= {"deletable": False, "editable": cell.cell_type == "code"}
        if cell.cell_type == "code":
            error = {"ename": "AssertionError", "evalue": "", "traceback": ["AssertionError"]}
            cell.outputs = [nbformat.v4.new_output("error", **error)]
    return nbformat.writes(made).encode("utf8")


def old_jupyter(notebook) -> bytes:
    """Format 3, with worksheets, as IPython Notebook 2 wrote it; converted by nbformat."""
    made = nbformat.convert(nbformat.from_dict(copy.deepcopy(notebook)), 3)
    return nbformat.v3.writes_json(made).encode("utf8")


PROGRAMS = [colab, vs_code, jupyterlab, validator, old_jupyter]
