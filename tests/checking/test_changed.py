"""A mistake in one method of a class, listed as that method alone."""

import pytest

from grader.references import source_of
from utils.checking.exercise import changed, mistake

STEP = 2


class Counter:
    """Counts up."""

    start = 10

    def __init__(self, count=None):
        # a comment
        self.count = self.start if count is None else count

    def up(self):
        return Counter(self.count + STEP)

    def down(self):
        return Counter(self.count - 1)

    @property
    def half(self):
        return self.count // STEP


@changed(Counter)
class CountsDown:
    def up(self):
        return Counter(self.count - STEP)


@changed(Counter)
class HasOneMethodTwice:
    def down(self):
        return self

    up = down


@changed(Counter)
class Doubles:
    def twice(self):
        return self.up().up()


def test_the_method_listed_replaces_the_references():
    assert Counter().up().count == 12
    assert CountsDown().up().count == 8
    assert CountsDown().down().count == 9
    assert CountsDown().half == 5


def test_what_it_makes_is_of_its_own_class():
    assert type(CountsDown(1).down()) is CountsDown
    assert not isinstance(CountsDown(1), Counter)
    assert CountsDown.__name__ == CountsDown.__qualname__ == "CountsDown"


def test_the_reference_is_left_as_it_was():
    assert type(Counter().up()) is Counter
    assert not hasattr(Counter, "twice")


def test_a_method_may_have_two_names():
    counter = HasOneMethodTwice(3)
    assert counter.up() is counter.down() is counter


def test_a_method_that_the_reference_lacks_is_added():
    assert Doubles().twice().count == 14


def test_the_source_stands_alone_under_the_references_name():
    source = source_of(CountsDown)
    assert source == source_of(CountsDown, "Counter")
    assert "# a comment" in source
    scope = {"STEP": 5}
    exec(source, scope)
    assert scope["Counter"]().up().count == 5
    assert scope["Counter"]().half == 2


def test_a_source_that_was_compiled_elsewhere_is_found():
    class MovedSince:
        def up(self):
            return self

    MovedSince.up.__code__ = MovedSince.up.__code__.replace(co_filename="/nowhere/now.py")
    moved = changed(Counter)(MovedSince)
    assert "return self\n" in source_of(moved)
    counter = moved()
    assert counter.up() is counter


def test_it_can_be_marked_as_a_mistake():
    listed = mistake("You count down.")(CountsDown)
    assert listed is CountsDown
    assert CountsDown.mistake_sentence == "You count down."
    assert not hasattr(Counter, "mistake_sentence")


def test_only_methods_can_be_changed():
    class ChangesANumber:
        start = 3

    class ChangesNothing:
        pass

    for changes in (ChangesANumber, ChangesNothing):
        with pytest.raises(ValueError, match=f"{changes.__name__}: .* methods and nothing else"):
            changed(Counter)(changes)
