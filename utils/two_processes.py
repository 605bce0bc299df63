"""Data-parallel training for real: two processes that share nothing but their gradients.

    first, second = train_on_two_processes([(X1, y1), (X2, y2)], w, b, 0.5, steps=10)

Each worker is a Python process of its own, with one shard of the data. They talk through
`torch.distributed` (gloo), on this machine only. `data_parallel_step` is what they do; all the rest
starts them, and sees to it that none is left behind: not after an error, not after an interrupt,
not when the process that started them dies.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from queue import Empty, Queue
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from utils.progress_bar import progress_bar

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["Worker", "train_on_two_processes"]

WORKERS = 2
MILESTONES = ("has torch", "has met the other", "is done")  # what a worker says, in this order
ENDED = "has ended"  # what is noted when it says no more
COURSE = Path(__file__).resolve().parent.parent


@dataclass(frozen=True, eq=False)
class Worker:
    """What one worker came back with.

    Attributes
    ----------
    process_id : the operating system's number for its process
    examples : how many examples its shard has
    own_dw, own_db : (m,) and a number, the gradient of its own shard at the start
    dw, db : (m,) and a number, the gradient of all examples at the start, as agreed
    w, b : (m,) and a number, the weights and the bias after all steps
    """

    process_id: int
    examples: int
    own_dw: np.ndarray
    own_db: float
    dw: np.ndarray
    db: float
    w: np.ndarray
    b: float


def train_on_two_processes(
    shards: Sequence[tuple[ArrayLike, ArrayLike]],
    w: ArrayLike,
    b: float,
    learning_rate: float,
    steps: int,
    time_limit: float = 90.0,
) -> tuple[Worker, Worker]:
    """Train logistic regression on two processes, each with a shard of the data.

    Parameters
    ----------
    shards : two pairs (X, y), one a worker: X is (n_k, m), y is (n_k,), with labels 0 or 1
    w : (m,) the weights to start from, the same for both workers
    b : a number, the bias to start from
    learning_rate : a positive number
    steps : how many steps to take, 1 or more
    time_limit : after so many seconds the workers are stopped

    Returns
    -------
    what each worker came back with, in the order of the shards

    Raises
    ------
    ValueError, if there are not two shards, or their shapes don't fit
    TimeoutError, if the workers are not done in time
    RuntimeError, if a worker fails; the message has the last line that it wrote
    KeyboardInterrupt, if you interrupt it; no worker is left behind then, as always
    """
    tasks = _checked(shards, w, b, steps)
    with tempfile.TemporaryDirectory(prefix="two_processes_", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        for rank, (X, y) in enumerate(tasks):
            np.savez(
                folder / f"task_{rank}.npz",
                X=X,
                y=y,
                w=np.asarray(w, float),
                b=float(b),
                learning_rate=float(learning_rate),
                steps=steps,
            )
        run = _Run(folder, time_limit)
        try:
            run.start()
            for _ in progress_bar(run, "two workers"):
                pass
        # a learner is told what happened, and not through which lines of the bar it came here
        except KeyboardInterrupt:
            raise KeyboardInterrupt("you interrupted, and both workers are stopped.") from None
        except (RuntimeError, TimeoutError) as error:
            raise error.with_traceback(None) from None
        finally:
            run.stop()
        first, second = (_read_result(folder, rank) for rank in range(WORKERS))
        return first, second


def _checked(
    shards: Sequence[tuple[ArrayLike, ArrayLike]], w: ArrayLike, b: float, steps: int
) -> list[tuple[np.ndarray, np.ndarray]]:
    """The shards as arrays of fitting shapes, or one clear sentence."""
    if len(shards) != WORKERS:
        raise ValueError(f"there are two workers, so there must be two shards, not {len(shards)}.")
    if steps < 1:
        raise ValueError(f"steps must be 1 or more, but is {steps}.")
    m = np.size(w)
    if np.shape(w) != (m,) or np.shape(b) != ():
        raise ValueError(
            f"w must have the shape (m,) and b must be a number, but their shapes are "
            f"{np.shape(w)} and {np.shape(b)}."
        )
    tasks = []
    for rank, (X, y) in enumerate(shards):
        X, y = np.asarray(X, float), np.asarray(y, float)
        if len(y) == 0 or X.shape != (len(y), m) or y.ndim != 1:
            raise ValueError(
                f"shard {rank} has X of shape {X.shape} and y of shape {y.shape}, but with "
                f"{m} weights X must be (n, {m}) and y (n,), with n of 1 or more."
            )
        tasks.append((X, y))
    return tasks


def _read_result(folder: Path, rank: int) -> Worker:
    with np.load(folder / f"result_{rank}.npz") as result:
        return Worker(
            process_id=int(result["process_id"]),
            examples=int(result["examples"]),
            own_dw=result["own_dw"],
            own_db=float(result["own_db"]),
            dw=result["dw"],
            db=float(result["db"]),
            w=result["w"],
            b=float(result["b"]),
        )


# -------------------------------------------------------- the process that starts the workers


@dataclass(eq=False)
class _Run:
    """The workers of one training: start, follow, and stop them, whatever happens.

    Going through it waits for the workers: one round for each milestone of each worker.
    """

    folder: Path
    time_limit: float
    processes: list[subprocess.Popen] = field(default_factory=list)
    heard: Queue[tuple[int, str]] = field(default_factory=Queue)
    lifeline: int | None = None  # our end of a pipe; the workers end when it closes

    def start(self) -> None:
        # it closes with this process too, whatever ends it: then nobody is left to stop them
        their_end, self.lifeline = os.pipe()
        try:
            for rank in range(WORKERS):
                self._start_worker(rank, their_end)
        finally:
            os.close(their_end)

    def _start_worker(self, rank: int, lifeline: int) -> None:
        with (self.folder / f"errors_{rank}.txt").open("wb") as errors:
            process = subprocess.Popen(
                [sys.executable, "-m", "utils.two_processes", str(rank), str(self.folder)],
                stdin=lifeline,
                stdout=subprocess.PIPE,
                stderr=errors,
                # `python -m` looks for modules where it starts: not among a learner's files
                cwd=self.folder,
                env=_environment(),
                # an interrupt of the notebook is for us, and we stop the workers
                start_new_session=True,
            )
        self.processes.append(process)
        threading.Thread(target=self._listen, args=(rank, process), daemon=True).start()

    def _listen(self, rank: int, process: subprocess.Popen) -> None:
        assert process.stdout is not None
        with process.stdout as lines:
            for line in lines:
                self.heard.put((rank, line.decode(errors="replace").strip()))
        self.heard.put((rank, ENDED))

    def __len__(self) -> int:
        return WORKERS * len(MILESTONES)

    def __iter__(self) -> Iterator[str]:
        deadline = time.monotonic() + self.time_limit
        done: set[int] = set()
        while len(done) < WORKERS:
            try:
                rank, word = self.heard.get(timeout=max(0.0, deadline - time.monotonic()))
            except Empty:
                raise TimeoutError(
                    f"the two workers were not done after {self.time_limit:g} seconds, and were "
                    "stopped. Is the machine busy with something else? Then run the cell again."
                ) from None
            if word == ENDED and rank not in done:
                raise RuntimeError(f"worker {rank} failed: {self._last_words(rank)}")
            if word in MILESTONES:
                if word == MILESTONES[-1]:
                    done.add(rank)
                yield word

    def _last_words(self, rank: int) -> str:
        text = (self.folder / f"errors_{rank}.txt").read_text(encoding="utf-8", errors="replace")
        lines = [line.strip() for line in text.splitlines() if line.strip()]
        return lines[-1] if lines else "it ended without a word."

    def stop(self) -> None:
        """End all workers that still run. They have nothing to save."""
        if self.lifeline is not None:
            os.close(self.lifeline)
            self.lifeline = None
        for process in self.processes:
            process.kill()
        for process in self.processes:
            process.wait()


def _environment() -> dict[str, str]:
    """The workers' environment: the course can be imported, and all talk stays on this machine."""
    environment = dict(os.environ)
    paths = [str(COURSE), environment.get("PYTHONPATH", "")]
    environment["PYTHONPATH"] = os.pathsep.join(path for path in paths if path)
    environment["OMP_NUM_THREADS"] = "1"
    loopback = {name for _, name in socket.if_nameindex()} & {"lo", "lo0"}
    if loopback:  # 127.0.0.1, not the network card; Windows calls it otherwise, and finds it alone
        environment["GLOO_SOCKET_IFNAME"] = loopback.pop()
    return environment


# ------------------------------------------------------------------------- inside a worker


def data_parallel_step(
    X: Tensor, y: Tensor, w: Tensor, b: Tensor, total: Tensor, learning_rate: float
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """One step of data-parallel training, as each worker takes it.

    Parameters
    ----------
    X, y : (n_k, m) and (n_k,) the worker's own shard
    w, b : (m,) and () the weights and the bias, the same at all workers
    total : () how many examples all workers have together
    learning_rate : a positive number

    Returns
    -------
    (w, b, dw, db): the new weights and bias, and the gradient that all workers agreed on
    """
    import torch
    from torch import distributed
    from torch.nn.functional import binary_cross_entropy_with_logits

    w, b = w.detach().requires_grad_(), b.detach().requires_grad_()
    loss = binary_cross_entropy_with_logits(X @ w + b, y, reduction="sum") / total
    dw, db = torch.autograd.grad(loss, (w, b))  # this worker's part
    distributed.all_reduce(dw)  # now it holds the sum over all workers, at each of them
    distributed.all_reduce(db)
    return w - learning_rate * dw, b - learning_rate * db, dw, db


def _work(rank: int, folder: Path) -> None:
    """The whole life of one worker: read its task, train together with the other, write."""
    import torch
    from torch import distributed
    from torch.nn.functional import binary_cross_entropy_with_logits

    torch.set_num_threads(1)
    _say(MILESTONES[0])
    distributed.init_process_group(
        "gloo", store=distributed.FileStore(str(folder / "meeting"), WORKERS), rank=rank,
        world_size=WORKERS,
    )  # fmt: skip
    _say(MILESTONES[1])

    with np.load(folder / f"task_{rank}.npz") as task:
        X, y = torch.from_numpy(task["X"]), torch.from_numpy(task["y"])
        w, b = torch.from_numpy(task["w"]), torch.from_numpy(task["b"])
        learning_rate, steps = float(task["learning_rate"]), int(task["steps"])
    w.requires_grad_()
    b.requires_grad_()
    own = torch.autograd.grad(binary_cross_entropy_with_logits(X @ w + b, y), (w, b))
    total = torch.tensor(float(len(y)), dtype=torch.float64)
    distributed.all_reduce(total)
    first = None
    for _ in range(steps):
        w, b, *gradient = data_parallel_step(X, y, w, b, total, learning_rate)
        first = first or gradient
    assert first is not None

    unfinished = folder / f"unfinished_{rank}.npz"
    np.savez(
        unfinished,
        process_id=os.getpid(),
        examples=len(y),
        own_dw=own[0].numpy(),
        own_db=own[1].numpy(),
        dw=first[0].numpy(),
        db=first[1].numpy(),
        w=w.detach().numpy(),
        b=b.detach().numpy(),
    )
    unfinished.replace(folder / f"result_{rank}.npz")
    distributed.destroy_process_group()
    _say(MILESTONES[2])


def _say(word: str) -> None:
    print(word, flush=True)


def _end_with_the_parent() -> None:
    """Wait until the pipe from the process that started this one closes, then end at once."""
    while os.read(0, 1):
        pass
    os._exit(1)


def main(arguments: Sequence[str]) -> None:
    # first of all, and before the slow import of torch: nothing may outlive who started it
    threading.Thread(target=_end_with_the_parent, daemon=True).start()
    _work(int(arguments[0]), Path(arguments[1]))


if __name__ == "__main__":
    main(sys.argv[1:])
