"""What answers the calls of a test in this very process: who may interrupt it."""

import pytest

from utils.checking.subject import LocalImplementation


def interrupted():
    """What Ctrl-C raises, wherever the code stands."""
    raise KeyboardInterrupt


def test_the_interrupt_of_a_notebooks_user_goes_through():
    local = LocalImplementation(lambda name: interrupted)
    with pytest.raises(KeyboardInterrupt):
        local.call("interrupted", (), {})


def test_where_nobody_can_interrupt_it_is_an_error_like_any_other():
    local = LocalImplementation(lambda name: interrupted, interruptible=False)
    reply = local.call("interrupted", (), {})
    assert (reply.outcome, reply.error) == ("raised", "KeyboardInterrupt")
