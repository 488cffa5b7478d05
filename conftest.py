"""Make nbval run cells as Jupyter does: with history, so that a trailing `;` silences a line.

And no test, in no notebook, finds a key of a service that costs money.
"""

import os

import tools  # noqa: F401  # before nbval: it lets nbformat start fast

try:
    from nbval.kernel import RunningKernel
except ImportError:  # unit tests alone do not need nbval
    RunningKernel = None

for name in [name for name in os.environ if name.startswith("OPENAI_")]:
    del os.environ[name]


def execute_with_history(self, cell_input: str, allow_stdin: bool | None = None) -> str:
    """Send a cell to the kernel and return the message's id."""
    if allow_stdin is None:
        allow_stdin = self.kc.allow_stdin
    return self.kc.execute(
        cell_input, store_history=True, allow_stdin=allow_stdin, stop_on_error=False
    )


if RunningKernel is not None:
    RunningKernel.execute_cell_input = execute_with_history
