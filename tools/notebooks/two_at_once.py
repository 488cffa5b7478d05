"""Do something with each of several lessons, two at once, the longest first, one thread each.

A lesson's small matrices gain nothing from a second thread; a second lesson does.
"""

import json
import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path

AT_ONCE = 2
ONE_THREAD = {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}


def budget(path: Path) -> float:
    """Return the seconds that a lesson may take with one thread, from its metadata."""
    metadata = json.loads(path.read_text(encoding="utf8"))["metadata"]
    return metadata.get("course", {}).get("budget_seconds", 60)


def two_at_once(work: Callable, paths: Iterable[Path]) -> Iterator[tuple[Path, object]]:
    """Yield each path with what `work(path)` returned in a process of its own, as they end.

    Args:
        work: a function of a module, so that another process can find it.
        paths: of notebooks; those with the largest budgets begin.

    Raises:
        Exception: what `work` raised; the others end first.
    """
    os.environ.update(ONE_THREAD)  # the processes and their kernels inherit it
    with ProcessPoolExecutor(AT_ONCE) as pool:
        longest_first = sorted(paths, key=budget, reverse=True)
        doing = {pool.submit(work, path): path for path in longest_first}
        for done in as_completed(doing):
            yield doing[done], done.result()
