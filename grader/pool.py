"""Workers on this machine."""

from __future__ import annotations

import itertools
import os
import queue
import threading
from collections.abc import Generator, Iterator, Sequence

from grader.messages import Graded, Unit
from grader.worker import Settings, Worker


class LocalPool:
    """Grades units in several processes side by side.

    Parameters
    ----------
    settings : what the workers grade by
    workers : how many
    """

    def __init__(self, settings: Settings, workers: int) -> None:
        self.workers = [Worker(settings, core=core) for core in _cores(workers)]
        self._inbox: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._outbox: queue.SimpleQueue[Graded | Exception] = queue.SimpleQueue()
        self._stopped = False

    def grade(self, units: Iterator[Unit]) -> Generator[Graded, None, None]:
        """What came of each unit, in the order in which they are done.

        Units are taken as they are needed, so that few are in memory at a time.

        Raises
        ------
        Unusable : where nothing can be graded at all
        """
        threads = [
            threading.Thread(target=self._serve, args=(worker,), daemon=True)
            for worker in self.workers
        ]
        for thread in threads:
            thread.start()
        under_way = 0
        try:
            for unit in itertools.islice(units, 2 * len(threads)):
                self._inbox.put(unit.to_bytes())
                under_way += 1
            while under_way:
                found = self._outbox.get()
                if isinstance(found, Exception):
                    raise found
                under_way -= 1
                for unit in itertools.islice(units, 1):
                    self._inbox.put(unit.to_bytes())
                    under_way += 1
                yield found
        except BaseException:
            self._stopped = True
            for worker in self.workers:
                worker.stop()
            raise
        finally:
            for _ in threads:
                self._inbox.put(None)
            for thread in threads:
                thread.join()

    def _serve(self, worker: Worker) -> None:
        """Hand a worker one unit after the other. Runs in a thread of its own."""
        try:
            while (message := self._inbox.get()) is not None and not self._stopped:
                self._outbox.put(Graded.from_bytes(worker.grade(message)))
            worker.close()
        except Exception as error:  # noqa: BLE001 - raised again in the main thread
            worker.kill()
            self._outbox.put(error)


def _cores(workers: int) -> Sequence[int | None]:
    """A core for each worker where there are as many, else none.

    A worker and its sandbox take turns. On one core the next turn begins at once; on two, the
    second has to be woken each time, and that takes as long as many a test. Where there are more
    cores than workers, the others may be at other work, and only the system knows which.
    """
    if hasattr(os, "sched_getaffinity"):
        cores = sorted(os.sched_getaffinity(0))
        if len(cores) == workers:
            return cores
    return [None] * workers
