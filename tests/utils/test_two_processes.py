"""Two real processes agree on a gradient, and none is left behind: whatever happens."""

import os
import signal
import subprocess
import sys
import threading

import numpy as np
import psutil
import pytest

from utils import two_processes
from utils.gradient_descent import logistic_regression_gradient, train_logistic_regression
from utils.two_processes import COURSE, MILESTONES, train_on_two_processes

LONG = 60  # seconds; only a failure takes as long
ENDLESS = 10_000_000  # steps


def problem(n=50, m=4, seed=0):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n, m)), rng.integers(0, 2, size=n).astype(float)


def two_shards(X, y, first):
    return [(X[:first], y[:first]), (X[first:], y[first:])]


@pytest.fixture
def started(monkeypatch):
    """The process ids of all workers that are started."""
    found = []

    class Watched(subprocess.Popen):
        def __init__(self, *arguments, **keywords):
            super().__init__(*arguments, **keywords)
            found.append(self.pid)

    monkeypatch.setattr(two_processes.subprocess, "Popen", Watched)
    return found


def assert_all_gone(process_ids):
    assert len(process_ids) == 2
    assert not [number for number in process_ids if psutil.pid_exists(number)]


@pytest.fixture(scope="module")
def trained():
    """One training that runs to its end; several tests look at what came back."""
    X, y = problem()
    w, b = np.linspace(-1, 1, 4), 0.5
    return X, y, w, b, train_on_two_processes(two_shards(X, y, 33), w, b, 0.3, 20)


def test_the_workers_are_two_processes_and_none_is_this_one(trained):
    *_, (first, second) = trained
    assert len({first.process_id, second.process_id, os.getpid()}) == 3
    assert not psutil.pid_exists(first.process_id)
    assert not psutil.pid_exists(second.process_id)


def test_each_worker_has_the_gradient_of_its_own_shard(trained):
    X, y, w, b, workers = trained
    for worker, (part_X, part_y) in zip(workers, two_shards(X, y, 33), strict=True):
        dw, db = logistic_regression_gradient(part_X, part_y, w, b)
        assert worker.examples == len(part_y)
        np.testing.assert_allclose(worker.own_dw, dw, atol=1e-14)
        np.testing.assert_allclose(worker.own_db, db, atol=1e-14)


def test_together_they_have_the_gradient_of_a_single_process(trained):
    X, y, w, b, workers = trained
    dw, db = logistic_regression_gradient(X, y, w, b)
    for worker in workers:
        np.testing.assert_allclose(worker.dw, dw, rtol=0, atol=1e-15)
        np.testing.assert_allclose(worker.db, db, rtol=0, atol=1e-15)


def test_after_many_steps_they_hold_the_same_weights_as_a_single_process(trained):
    X, y, w, b, (first, second) = trained
    for _ in range(20):
        dw, db = logistic_regression_gradient(X, y, w, b)
        w, b = w - 0.3 * dw, b - 0.3 * db
    np.testing.assert_array_equal(first.w, second.w)
    assert first.b == second.b
    np.testing.assert_allclose(first.w, w, rtol=0, atol=1e-14)
    np.testing.assert_allclose(first.b, b, rtol=0, atol=1e-14)


def test_from_zeros_it_is_lesson_05_and_a_learners_files_are_not_in_the_way(tmp_path, monkeypatch):
    (tmp_path / "random.py").write_text("raise SystemExit('not this one')")
    monkeypatch.chdir(tmp_path)
    X, y = problem(seed=1)
    first, _ = train_on_two_processes(two_shards(X, y, 10), np.zeros(4), 0.0, 0.5, 5)
    w, b, _ = train_logistic_regression(X, y, 0.5, 5)
    np.testing.assert_allclose(first.w, w, rtol=0, atol=1e-14)
    np.testing.assert_allclose(first.b, b, rtol=0, atol=1e-14)


# --------------------------------------------------------------------- nothing stays behind


@pytest.mark.parametrize("when", [0, 2, 3])
def test_an_interrupt_leaves_no_worker(when, started, monkeypatch):
    """As when a learner presses “interrupt”: while PyTorch is loaded, or while they train."""

    def interrupted(items, label):
        for number, item in enumerate(items):
            if number == when:
                interrupt = threading.Thread(target=os.kill, args=(os.getpid(), signal.SIGINT))
                interrupt.start()
            yield item

    monkeypatch.setattr(two_processes, "progress_bar", interrupted)
    X, y = problem()
    with pytest.raises(KeyboardInterrupt, match="both workers are stopped") as told:
        train_on_two_processes(two_shards(X, y, 20), np.zeros(4), 0.0, 0.5, ENDLESS)
    assert_all_gone(started)
    assert len(told.traceback) == 2  # this test, and the function that it called


def test_an_interrupt_before_a_worker_is_noted_leaves_no_worker(monkeypatch):
    """The one moment in which there is a process that nobody knows of."""
    unknown = []

    class Interrupted(subprocess.Popen):
        def __init__(self, *arguments, **keywords):
            super().__init__(*arguments, **keywords)
            unknown.append(self)
            raise KeyboardInterrupt

    monkeypatch.setattr(two_processes.subprocess, "Popen", Interrupted)
    X, y = problem()
    with pytest.raises(KeyboardInterrupt):
        train_on_two_processes(two_shards(X, y, 20), np.zeros(4), 0.0, 0.5, ENDLESS)
    (process,) = unknown
    assert process.wait(LONG) == 1  # it saw that the pipe was closed, and was not killed


def test_time_runs_out_with_a_sentence_and_leaves_no_worker(started):
    X, y = problem()
    with pytest.raises(TimeoutError, match=r"not done after 0\.01 seconds, and were stopped"):
        train_on_two_processes(two_shards(X, y, 20), np.zeros(4), 0.0, 0.5, 1, time_limit=0.01)
    assert_all_gone(started)


def test_a_worker_that_fails_is_told_and_the_other_is_stopped(started, monkeypatch):
    save = np.savez

    def spoil(file, **arrays):
        save(file, **arrays)
        if "task_1" in str(file):
            file.write_bytes(b"no numbers")

    monkeypatch.setattr(two_processes.np, "savez", spoil)
    X, y = problem()
    with pytest.raises(RuntimeError, match=r"^worker \d failed: \S+"):
        train_on_two_processes(two_shards(X, y, 20), np.zeros(4), 0.0, 0.5, 1)
    assert_all_gone(started)


@pytest.mark.skipif(os.name != "posix", reason="there is no SIGKILL")
@pytest.mark.parametrize("milestone", [MILESTONES[0], MILESTONES[1]])
def test_workers_end_when_the_kernel_dies(milestone):
    """Killed, a process can clean up nothing: the workers see it by themselves."""
    program = f"""
import os, signal, sys
import numpy as np
from utils import two_processes

def tell(run, label):
    for word in run:
        if word == {milestone!r}:
            print(*(process.pid for process in run.processes), flush=True)
            os.kill(os.getpid(), signal.SIGKILL)
        yield word

two_processes.progress_bar = tell
X, y = np.ones((4, 2)), np.array([0.0, 1.0, 1.0, 0.0])
two_processes.train_on_two_processes([(X, y), (X, y)], np.zeros(2), 0.0, 0.1, {ENDLESS})
"""
    environment = {**os.environ, "PYTHONPATH": str(COURSE)}
    run = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        env=environment,
        timeout=LONG,
    )
    assert run.returncode == -signal.SIGKILL, run.stderr
    numbers = [int(word) for word in run.stdout.split()]
    assert len(numbers) == 2
    alive = [psutil.Process(number) for number in numbers if psutil.pid_exists(number)]
    _, still_there = psutil.wait_procs(alive, timeout=LONG)
    assert not [p for p in still_there if p.status() != psutil.STATUS_ZOMBIE]


# ----------------------------------------------------------------------------- bad input


@pytest.mark.parametrize(
    ("shards", "w", "b", "steps", "sentence"),
    [
        ([(np.ones((2, 1)), [0, 1])], [0.0], 0.0, 1, "there must be two shards, not 1"),
        ([(np.ones((2, 1)), [0, 1])] * 2, [0.0], 0.0, 0, "steps must be 1 or more"),
        ([(np.ones((2, 1)), [0, 1])] * 2, [0.0, 0.0], 0.0, 1, r"X must be \(n, 2\)"),
        ([(np.ones((2, 1)), [0])] * 2, [0.0], 0.0, 1, "shard 0 has X of shape"),
        ([(np.ones((2, 1)), [0, 1]), (np.ones((0, 1)), [])], [0.0], 0.0, 1, "shard 1 has X"),
        ([(np.ones((2, 1)), [0, 1])] * 2, [[0.0]], 0.0, 1, r"w must have the shape \(m,\)"),
    ],
)
def test_bad_input_gets_a_sentence_before_anything_starts(shards, w, b, steps, sentence, started):
    with pytest.raises(ValueError, match=sentence):
        train_on_two_processes(shards, w, b, 0.1, steps)
    assert started == []
