"""What isolation costs: one submission in a sandbox, and the same without one, in turn.

A submission is ten cells, fifty calls and the end of its process. Beside it stands what is not
ours to save: forking a process as large as the warm server's, and waiting for its end.

    python -m bench.sandbox [--quick]
"""

import os
import statistics
import time
import warnings
from collections.abc import Callable

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import typer
from rich.console import Console
from rich.table import Table

from grader.sandbox import Sandbox
from grader.sandbox.none import NoSandbox

LESSON = "02_activations"
CALLS = 50
CELLS = [
    "import matplotlib.pyplot as plt\nimport numpy as np\nfrom utils.checking import check",
    *["x = np.linspace(0, 1, 5)\nprint(x)"] * 8,
    "@check\ndef relu(z):\n    return np.maximum(z, 0)",
]
AIM = 7  # milliseconds where nothing else runs


def submission(sandbox: Sandbox) -> None:
    """Open, call, close."""
    with sandbox.open(CELLS, ["relu"]) as session:
        for _ in range(CALLS):
            reply = session.call("relu", (np.arange(12.0).reshape(3, 4),), {})
            assert reply.outcome == "returned"


def fork() -> None:
    """A process that does nothing."""
    child = os.fork()
    if child == 0:
        os._exit(0)
    os.waitpid(child, 0)


def milliseconds(work: Callable[[], None]) -> float:
    """The time of one run."""
    start = time.perf_counter()
    work()
    return 1000 * (time.perf_counter() - start)


def main(quick: bool = typer.Option(False, help="Fewer rounds.")) -> None:
    """Measure, and print the ratio."""
    warnings.filterwarnings("ignore", "Without a sandbox")
    start = time.perf_counter()
    with Sandbox(LESSON) as sandbox:
        seconds = time.perf_counter() - start
        with NoSandbox(LESSON) as none:
            kinds: dict[str, Callable[[], None]] = {
                "in the sandbox": lambda: submission(sandbox),
                "without one": lambda: submission(none),
                "a bare fork": fork,
            }
            times: dict[str, list[float]] = {name: [] for name in kinds}
            for _ in range(20 if quick else 200):
                for name, work in kinds.items():
                    times[name].append(milliseconds(work))

    medians = {name: statistics.median(values) for name, values in times.items()}
    table = Table(title=f"One submission: {len(CELLS)} cells, {CALLS} calls")
    for heading in ("", "median ms", "fastest ms"):
        table.add_column(heading, justify="right" if heading else "left")
    for name, values in times.items():
        table.add_row(name, f"{medians[name]:.1f}", f"{min(values):.1f}")
    console = Console()
    console.print(table)
    ratio = medians["in the sandbox"] / medians["without one"]
    console.print(f"isolation: {ratio:.2f} times the time without it (aim: {AIM} ms in all)")
    console.print(f"a warm server starts in {seconds:.2f} s")


if __name__ == "__main__":
    typer.run(main)
