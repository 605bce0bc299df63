from collections.abc import Iterator

import pytest

pytest.register_assert_rewrite("tests.attacks.arena")

from tests.attacks.arena import Arena  # noqa: E402 - rewritten from now on


@pytest.fixture(scope="package")
def arena() -> Iterator[Arena]:
    arena = Arena()
    yield arena
    arena.grader.close()
