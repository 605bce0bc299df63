"""Workers on other machines: the same units of work, on a Dask cluster.

    pip install -r requirements-cluster.txt
    python -m grader grade SUBMISSIONS --out DIR --scheduler tls://head:8786

Every machine needs the same version of the course, and bubblewrap. A cluster comes from
`dask scheduler` and `dask worker`, from dask-jobqueue on SLURM, from dask-kubernetes.

Dask itself unpickles what its peers send: whoever can reach a scheduler or a worker can run code
there. Across machines use `tls://`, where only holders of the cluster's certificates can. Dask
reads them from its configuration, for instance from these variables, on every machine:

    DASK_DISTRIBUTED__COMM__REQUIRE_ENCRYPTION=true
    DASK_DISTRIBUTED__COMM__TLS__CA_FILE=ca.pem
    DASK_DISTRIBUTED__COMM__TLS__CLIENT__CERT=cert.pem   (and …CLIENT__KEY; the same for
    DASK_DISTRIBUTED__COMM__TLS__SCHEDULER__CERT …       SCHEDULER and WORKER)

A notebook's code meets none of this. It runs in a sandbox on the worker's machine, in a process
that Dask's worker starts and talks to in bytes.
"""

from __future__ import annotations

import threading
from collections.abc import Generator, Iterator
from typing import Any

from grader.messages import Graded, Unit
from grader.worker import GIVEN_UP, Settings, Unusable, Worker

CONNECT_SECONDS = 30

_LOCK = threading.Lock()
_IDLE: dict[bytes, list[Worker]] = {}  # in a Dask worker: grading processes, by their settings


def grade_message(settings: bytes, message: bytes) -> bytes:
    """Grade one unit. Runs in a Dask worker, which may do so in several threads."""
    with _LOCK:
        waiting = _IDLE.get(settings)
        worker = waiting.pop() if waiting else Worker(Settings.from_bytes(settings))
    try:
        answer = worker.grade(message)
    except BaseException:
        worker.kill()
        raise
    with _LOCK:
        _IDLE.setdefault(settings, []).append(worker)
    return answer


def close_workers() -> None:
    """End the grading processes that wait in a Dask worker."""
    with _LOCK:
        waiting = [worker for workers in _IDLE.values() for worker in workers]
        _IDLE.clear()
    for worker in waiting:
        worker.close()


class ClusterPool:
    """Grades units on a Dask cluster.

    Parameters
    ----------
    settings : what the workers grade by
    address : the scheduler's, as `tls://head:8786`

    Raises
    ------
    Unusable : where there is no such cluster, or Dask is not installed
    """

    def __init__(self, settings: Settings, address: str) -> None:
        try:
            from distributed import Client, Security
        except ImportError:
            raise Unusable(
                "--scheduler needs Dask: python -m pip install -r requirements-cluster.txt"
            ) from None
        # without this, Dask's client fails half-made, and is waited for at the end
        if address.startswith("tls://") and not Security().get_connection_args("client").get(
            "ssl_context"
        ):
            raise Unusable(
                f"--scheduler: {address} wants a certificate, and Dask knows of none here: set "
                "DASK_DISTRIBUTED__COMM__TLS__CA_FILE, …TLS__CLIENT__CERT and …TLS__CLIENT__KEY to "
                "the files that the cluster uses."
            )
        self.settings = settings.to_bytes()
        try:
            self.client: Any = Client(address, timeout=CONNECT_SECONDS, set_as_default=False)
        except (OSError, TimeoutError, ValueError, TypeError) as error:
            raise Unusable(
                f"--scheduler: no Dask scheduler answers at {address} ({_first_line(error)})."
            ) from None

    def grade(self, units: Iterator[Unit]) -> Generator[Graded, None, None]:
        """What came of each unit, in the order in which they are done.

        A unit whose worker died goes to another one.

        Raises
        ------
        Unusable : where nothing can be graded at all, or the cluster is gone
        """
        from distributed import as_completed
        from distributed.comm import CommClosedError

        under_way: dict[Any, Unit] = {}
        done: Any = as_completed(loop=self.client.loop)

        def submit(unit: Unit) -> None:
            future = self.client.submit(
                grade_message, self.settings, unit.to_bytes(), pure=False, retries=0
            )
            under_way[future] = unit
            done.add(future)

        try:
            while True:
                while len(under_way) < self._capacity():
                    unit = next(units, None)
                    if unit is None:
                        break
                    submit(unit)
                if not under_way:
                    break
                future = next(done)
                unit = under_way.pop(future)
                graded = self._result(future, unit)
                if graded is None:
                    submit(unit_given_up(unit))
                else:
                    yield graded
            self.client.run(close_workers)
        except (CommClosedError, OSError) as error:
            raise Unusable(
                f"The connection to the Dask scheduler is lost ({_first_line(error)}). "
                "What was graded is kept: run the same command again."
            ) from None
        finally:
            if under_way:
                self.client.cancel(list(under_way))
            self.client.close()

    def _capacity(self) -> int:
        """Units to have under way: enough to keep all workers busy, few enough for the memory."""
        return max(4, 2 * self.threads())

    def threads(self) -> int:
        """How many units the cluster can grade at once, as it is now."""
        return sum(self.client.nthreads().values())

    def _result(self, future: Any, unit: Unit) -> Graded | None:
        """What came of a unit, None where all workers that tried it died."""
        from distributed import KilledWorker
        from distributed.client import FutureCancelledError

        try:
            return Graded.from_bytes(future.result())
        except KilledWorker:
            if unit.problem == GIVEN_UP:
                raise Unusable(
                    "The Dask workers die whatever they are asked: see their logs."
                ) from None
            return None
        except FutureCancelledError:
            raise OSError("the scheduler dropped the work") from None


def unit_given_up(unit: Unit) -> Unit:
    """The unit, to be recorded as one that could not be graded."""
    return Unit(unit.student, unit.notebook, unit.content, GIVEN_UP)


def _first_line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]
