"""What a lesson's kernel needs before its imports; the setup cell calls `prepare`.

It imports neither torch nor matplotlib: what it sets counts for those who import them later.
"""

import logging
import os
import re
from importlib import metadata

from packaging.requirements import Requirement

INLINE = "module://matplotlib_inline.backend_inline"
SHOW_NOTHING = {"agg", "cairo", "pdf", "pgf", "ps", "svg", "template"}  # they write files
ABOUT_ITS_CACHE = re.compile("cache|mkdir -p failed|not a writable directory")


def prepare(colab: bool) -> None:
    """Let figures show, keep matplotlib's cache out of the outputs, name what Colab lacks.

    Args:
        colab: whether this is Colab, or stands for it.
    """
    show_figures()
    logging.getLogger("matplotlib").addFilter(_is_for_readers)
    logging.getLogger("matplotlib.font_manager").addFilter(_is_for_readers)
    if colab and (lacks := missing()):
        print("Missing here:", ", ".join(lacks))


def show_figures() -> None:
    """Let a notebook show its figures where the environment says that there is no screen.

    Servers and images for tests set MPLBACKEND to `Agg`. With it, figures vanish without a word.
    """
    if os.environ.get("MPLBACKEND", "").lower() in SHOW_NOTHING and _in_notebook():
        os.environ["MPLBACKEND"] = INLINE


def _in_notebook() -> bool:
    from IPython import get_ipython

    return hasattr(get_ipython(), "kernel")


def _is_for_readers(record: logging.LogRecord) -> bool:
    """Say whether a warning of matplotlib's is not about the folder that it keeps fonts in.

    A home that is missing or read-only (servers, containers) costs a second, and no figure.
    """
    return not ABOUT_ITS_CACHE.search(record.getMessage())


def missing() -> list[str]:
    """Return what this package needs and is not here, or here in another version."""
    have = {str(found.name): found.version for found in metadata.distributions()}
    needs = map(Requirement, metadata.requires("course_utils"))
    needs = [need for need in needs if not need.marker or need.marker.evaluate()]
    return [str(need) for need in needs if have.get(need.name, "0") not in need.specifier]
