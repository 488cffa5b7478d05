"""Write how long each lesson takes into its metadata and its title cell, by one rule for all.

Reading: 100 words a minute. With the code: seven lines a minute more, and one minute for each
prediction. The exercises: what their cards say. Each is rounded to five minutes.
"""

import argparse
import re
from pathlib import Path

import nbformat

from tools.notebooks.execute import LESSONS, tidy
from tools.notebooks.exercises import is_exercise

WORDS_A_MINUTE, LINES_A_MINUTE, STEP = 100, 7, 5
NO_WORDS = re.compile(r"\$\$.*?\$\$|```.*?```|<[^>]+>", flags=re.S)
CARD = re.compile(r"[●○]{3}[^\n]*?(\d+) ?min")
TIME = re.compile(r"\*\*Time\*\*: [^.]*\.")


def prose(notebook) -> str:
    """Return all Markdown of a notebook."""
    return "\n\n".join(c.source for c in notebook.cells if c.cell_type == "markdown")


def count_words(text: str) -> int:
    """Count the words that are read: no displayed formula, no block of code, no tag.

    >>> count_words("Two <b>words</b> $$a + b = c$$")
    2
    """
    return len(NO_WORDS.sub(" ", text).split())


def count_lines(notebook) -> int:
    """Count the lines of code that explain: not those of setup, imports and exercises."""
    cells = [c for c in notebook.cells if c.cell_type == "code" and c.source.strip()][2:]
    shown = [cell for cell in cells if not is_exercise(cell)]
    return sum(bool(line.strip()) for cell in shown for line in cell.source.splitlines())


def count_predictions(text: str) -> int:
    """Count how often a reader is asked to predict first."""
    return len(re.findall("predict first", text, flags=re.IGNORECASE))


def minutes(notebook) -> dict[str, int]:
    """Return the minutes by the rule: to `read`, with the `code`, for the `exercises`."""
    text = prose(notebook)
    read = count_words(text) / WORDS_A_MINUTE
    code = read + count_lines(notebook) / LINES_A_MINUTE + count_predictions(text)
    exercises = sum(map(int, CARD.findall(text)))
    return {"read": rounded(read), "code": rounded(code), "exercises": rounded(exercises)}


def rounded(number: float) -> int:
    """Round to the nearest five minutes, a half upwards.

    >>> rounded(17.4), rounded(17.5)
    (15, 20)
    """
    return STEP * int(number / STEP + 0.5)


def sentence(times: dict[str, int]) -> str:
    """Return what the title cell says."""
    text = (
        "**Time**: {read} minutes to read, {code} with the code, and {exercises} for the exercises."
    )
    return text.format(**times)


def write(notebook) -> dict[str, int]:
    """Write the minutes into the title cell and the metadata, and return them.

    Raises:
        ValueError: the title cell has no sentence that begins with **Time**.
    """
    title = notebook.cells[0]
    if not TIME.search(title.source):
        raise ValueError("the title cell names no **Time**: write '**Time**: 0 minutes.' there")
    title.source = TIME.sub(sentence(dict.fromkeys(("read", "code", "exercises"), 0)), title.source)
    times = minutes(notebook)  # the sentence itself is read, too, and has as many words by now
    title.source = TIME.sub(sentence(times), title.source)
    notebook.metadata.setdefault("course", {})["minutes"] = times
    return times


def main() -> None:
    """Read the command line, and write all lessons or those that are named."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("notebooks", nargs="*", type=Path, help="default: all lessons")
    for path in parser.parse_args().notebooks or LESSONS:
        notebook = nbformat.read(path, as_version=4)
        times = write(notebook)
        path.write_text(tidy(notebook), encoding="utf8", newline="\n")
        print(f"{path.stem:28} {times['read']:3} {times['code']:4} {times['exercises']:3}")


if __name__ == "__main__":
    main()
