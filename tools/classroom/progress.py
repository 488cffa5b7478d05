"""How far it is: a bar with the time left on a terminal, plain lines elsewhere; and how to stop."""

import contextlib
import signal
import time
from collections.abc import Callable, Iterator
from threading import Event, current_thread, main_thread

from tqdm import tqdm

SIGNALS = [getattr(signal, name, None) for name in ("SIGINT", "SIGTERM", "SIGHUP")]


def shown(items: Iterator, total: int, text: Callable[[object], str]) -> Iterator:
    """Pass items on, each with its line and the time that is left.

    Args:
        items: what comes one by one.
        total: how many there will be.
        text: makes an item's line.
    """
    began = time.monotonic()
    with tqdm(total=total, unit="submission", disable=None) as bar:
        for count, item in enumerate(items, 1):
            if bar.disable:
                left = (time.monotonic() - began) / count * (total - count)
                where = f"{count:{len(str(total))}}/{total}, {tqdm.format_interval(left)} left"
                print(f"{where}  {text(item)}", flush=True)
            else:
                bar.write(text(item))
                bar.update()
            yield item


@contextlib.contextmanager
def stoppable() -> Iterator[Event]:
    """Give an event that Ctrl-C and kill set, so that what is half done is done to its end.

    Without it nbgrader takes Ctrl-C for a fault of the submission. The second time they act as
    ever; a signal that is ignored (`nohup`) stays so.
    """
    stop, before = Event(), {}

    def note(*_) -> None:
        stop.set()
        restore()

    def restore() -> None:
        for number, action in before.items():
            signal.signal(number, action)

    if current_thread() is main_thread():  # others get no signals
        for number in filter(None, SIGNALS):
            if signal.getsignal(number) is not signal.SIG_IGN:
                before[number] = signal.signal(number, note)
    try:
        yield stop
    finally:
        restore()
