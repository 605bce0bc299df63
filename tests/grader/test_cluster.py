"""The same grades from a Dask cluster, byte for byte, also when one of its machines dies."""

import contextlib
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import trustme

from grader.batch import DONE, WRONG_ARGUMENTS
from grader.cluster import ClusterPool, close_workers, grade_message
from grader.messages import Graded, Unit
from grader.worker import GIVEN_UP, Settings, Unusable
from tests.grader.support import LESSON, answered, as_bytes, blank, hand_in, right
from tests.grader.test_batch import contents, run

distributed = pytest.importorskip(
    "distributed", reason="needs Dask; install it with: pip install -r requirements-cluster.txt"
)

ROOT = Path(__file__).parents[2]
ENVIRONMENT = {
    **os.environ,
    "PYTHONPATH": str(ROOT),
    "DASK_DISTRIBUTED__DASHBOARD__LINK": "",
    "DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": "1",
}


@contextlib.contextmanager
def started(*command, says, environment=None):
    """A Dask process, once it has said that it is ready."""
    with subprocess.Popen(
        [sys.executable, "-m", "distributed.cli." + command[0], *command[1:]],
        cwd=ROOT,
        env={**ENVIRONMENT, **(environment or {})},
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
    ) as process:
        try:
            for line in process.stderr:
                found = re.search(says, line)
                if found:
                    break
            else:
                pytest.fail(f"{command} ended without saying {says!r}")
            # what it says later must not fill the pipe
            drain = subprocess.Popen(["cat"], stdin=process.stderr, stdout=subprocess.DEVNULL)
            yield process, found
        finally:
            process.kill()
            process.wait()
            drain.wait()


@pytest.fixture(scope="module")
def scheduler():
    with started(
        "dask_scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard",
        says=r"Scheduler at:\s+(tcp://\S+)",
    ) as (_, found):  # fmt: skip
        yield found[1]


@pytest.fixture(scope="module")
def machines(scheduler):
    """Three Dask workers, each a process without a nanny that would start it again."""
    options = ("--no-nanny", "--nthreads", "1", "--no-dashboard", "--host", "127.0.0.1")
    with contextlib.ExitStack() as stack:
        yield [
            stack.enter_context(
                started(
                    "dask_worker", scheduler, *options, "--name", f"m{number}",
                    says="Registered to:",
                )
            )[0]
            for number in range(3)
        ]  # fmt: skip


@pytest.fixture(scope="module")
def handed_in(tmp_path_factory):
    folder = tmp_path_factory.mktemp("in")
    for number in range(6):
        hand_in(folder, f"right {number}", answered())
        hand_in(folder, f"blank {number}", blank())
        hand_in(folder, f"half {number}", answered({"step": right("step"), "boundary_line": "?"}))
    hand_in(folder, "broken", as_bytes(answered())[:2000])
    return folder


def test_a_cluster_that_loses_a_machine_gives_the_same_bytes(
    scheduler, machines, handed_in, tmp_path, monkeypatch
):
    given = []
    result = ClusterPool._result

    def watched(self, future, unit):
        found = result(self, future, unit)
        given.append(found.student)
        if len(given) == 5:
            machines[0].kill()
            machines[0].wait()
        return found

    monkeypatch.setattr(ClusterPool, "_result", watched)
    code, said = run(handed_in, tmp_path / "cluster", scheduler=scheduler)
    assert code == DONE, said
    assert len(given) == len(set(given)) == 19  # each exactly once
    assert run(handed_in, tmp_path / "here", workers=2)[0] == DONE
    assert contents(tmp_path / "cluster") == contents(tmp_path / "here")
    assert "Nothing was new" in run(handed_in, tmp_path / "cluster", scheduler=scheduler)[1]


def certificates(folder):
    """The variables that `grader/cluster.py` names, and the files of a new authority."""
    authority = trustme.CA()
    issued = authority.issue_cert("127.0.0.1")
    folder.mkdir()
    authority.cert_pem.write_to_path(folder / "ca.pem")
    issued.private_key_pem.write_to_path(folder / "key.pem")
    issued.cert_chain_pems[0].write_to_path(folder / "cert.pem")
    comm = "DASK_DISTRIBUTED__COMM__"
    return {
        f"{comm}REQUIRE_ENCRYPTION": "true",
        f"{comm}TLS__CA_FILE": str(folder / "ca.pem"),
        **{
            f"{comm}TLS__{role}__{kind}": str(folder / f"{kind.lower()}.pem")
            for role in ("CLIENT", "SCHEDULER", "WORKER")
            for kind in ("CERT", "KEY")
        },
    }


def test_over_tls_only_holders_of_a_certificate_grade(handed_in, tmp_path):
    members = certificates(tmp_path / "members")
    strangers = certificates(tmp_path / "strangers")
    quiet = ("--host", "127.0.0.1", "--no-dashboard")
    with (
        started(
            "dask_scheduler", *quiet, "--protocol", "tls", "--port", "0",
            says=r"Scheduler at:\s+(tls://\S+)", environment=members,
        ) as (_, found),
        started(
            "dask_worker", found[1], *quiet, "--protocol", "tls", "--no-nanny", "--nthreads", "1",
            says="Registered to:", environment=members,
        ),
    ):  # fmt: skip

        def grade(out, environment):
            return subprocess.run(
                [sys.executable, "-m", "grader", "grade", handed_in, "--out", tmp_path / out]
                + ["--scheduler", found[1]],
                cwd=ROOT,
                env={**ENVIRONMENT, **environment},
                capture_output=True,
                text=True,
            )

        graded = grade("cluster", members)
        assert graded.returncode == DONE, graded.stderr
        for outsider, told in (
            (strangers, "certificate does not match"),
            ({}, "wants a certificate, and Dask knows of none"),
        ):
            refused = grade("nothing", outsider)
            assert refused.returncode == WRONG_ARGUMENTS
            assert told in refused.stderr
            assert refused.stderr.count("\n") == 1
            assert not (tmp_path / "nothing" / "results.jsonl").exists()
    assert run(handed_in, tmp_path / "here", workers=2)[0] == DONE
    assert contents(tmp_path / "cluster") == contents(tmp_path / "here")


def test_a_notebook_that_kills_every_machine_gets_rows_that_say_so(scheduler, machines):
    class Killed(ClusterPool):
        def _result(self, future, unit):
            graded = super()._result(future, unit)
            # as the scheduler tells when every worker that took it was lost
            return None if unit.student == "mallory" and not unit.problem else graded

    units = [Unit(name, f"{LESSON}.ipynb", as_bytes(blank())) for name in ("ann", "mallory", "bob")]
    found = {g.student: g for g in Killed(Settings("none"), scheduler).grade(iter(units))}
    assert sorted(found) == ["ann", "bob", "mallory"]
    assert found["mallory"].problem == GIVEN_UP
    assert {row.status for row in found["mallory"].rows} == {"error"}
    assert found["bob"].problem == ""


def test_an_address_without_a_scheduler_is_told(handed_in, tmp_path, monkeypatch):
    monkeypatch.setattr("grader.cluster.CONNECT_SECONDS", 1)
    for address in ("tcp://127.0.0.1:1", "nonsense://x", "tls://127.0.0.1:1"):
        code, said = run(handed_in, tmp_path / "out", scheduler=address)
        assert code == WRONG_ARGUMENTS
        told = "wants a certificate" if "tls" in address else "no Dask scheduler answers at"
        assert told in said
        assert said.count("\n") == 1


def test_without_dask_it_says_how_to_get_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(Unusable, match=r"requirements-cluster\.txt"):
        ClusterPool(Settings(), "tcp://127.0.0.1:1")


def test_a_dask_worker_keeps_its_grading_process_until_told():
    settings = Settings("none").to_bytes()
    unit = Unit("ann", f"{LESSON}.ipynb", as_bytes(blank()))
    from grader.cluster import _IDLE

    try:
        assert Graded.from_bytes(grade_message(settings, unit.to_bytes())).student == "ann"
        (worker,) = _IDLE[settings]
        process = worker.process
        grade_message(settings, unit.to_bytes())
        assert _IDLE[settings] == [worker]
        assert worker.process is process
    finally:
        close_workers()
    assert process.poll() is not None
