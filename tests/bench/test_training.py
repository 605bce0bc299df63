"""The measurement of training: all contenders get the same, and it judges what it measures."""

import re

import numpy as np
import pytest
import torch
from sklearn.neural_network import MLPClassifier
from typer.testing import CliRunner

from bench import training
from bench.training import CONTENDERS, OURS, Run


@pytest.fixture
def short(monkeypatch):
    """Three epochs instead of thirty."""
    monkeypatch.setattr(training, "EPOCHS", 3)


def runs(*seconds, accuracies=None):
    accuracies = [0.97] * len(seconds) if accuracies is None else accuracies
    return [Run(each, each / 2, share) for each, share in zip(seconds, accuracies, strict=True)]


def found(other, accuracies=None, ours=(1.0, 1.0, 1.0)):
    """Ours took a second in each round, and all others the same as each other."""
    return {
        name: runs(*ours) if name in OURS else runs(*other, accuracies=accuracies)
        for name in CONTENDERS
    }


# --------------------------------------------------------------------- what all get alike


def test_a_split_holds_each_digit_once_and_another_seed_another_split():
    first, second = training.split(0), training.split(1)
    assert first.X_train.shape == (1438, 64)
    assert first.X_test.shape == (359, 64)
    assert first.X_train.min() == 0
    assert first.X_train.max() == 1
    rows = np.vstack([first.X_train, first.X_test])
    again = np.vstack([second.X_train, second.X_test])
    np.testing.assert_array_equal(np.sort(rows, axis=0), np.sort(again, axis=0))
    assert not np.array_equal(first.X_test, second.X_test)


def test_pytorch_starts_from_our_numbers():
    network = training.torch_network(5)
    (W1, b1), (W2, b2) = training.first_layers(5)
    expected = [W1.T, b1, W2.T, b2]
    for parameter, array in zip(network.parameters(), expected, strict=True):
        np.testing.assert_array_equal(parameter.detach().numpy(), array.astype(np.float32))


def test_scikit_learn_draws_from_our_distribution():
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(40, 64)), np.arange(40) % 10
    classifier = MLPClassifier(
        hidden_layer_sizes=[64], max_iter=1, learning_rate_init=1e-12, batch_size=40
    )
    with pytest.warns(UserWarning, match="iterations"):
        classifier.fit(X, y)
    for (W, b), theirs, bias in zip(
        training.first_layers(0), classifier.coefs_, classifier.intercepts_, strict=True
    ):
        bound = np.sqrt(6 / sum(W.shape))
        assert W.shape == theirs.shape
        for drawn in (W, theirs):  # hundreds of uniform numbers come close to their bounds
            assert 0.98 * bound < np.abs(drawn).max() <= bound + 1e-9
            np.testing.assert_allclose(drawn.std(), bound / 3**0.5, rtol=0.1)
        assert np.abs(b).max() <= bound
        assert np.abs(bias).max() <= bound + 1e-9


@pytest.mark.parametrize("name", CONTENDERS)
def test_every_contender_learns(name, short):
    run = training.one_run(CONTENDERS[name], training.split(0), 0)
    assert run.seconds > 0
    assert run.processor > 0
    assert run.accuracy > 0.85  # after three of thirty epochs; guessing gives 0.1


def test_the_three_ways_in_pytorch_are_one_network():
    # with all examples in one batch, the order does not matter
    examples = training.split(0)
    X, y = examples.X_train, examples.y_train
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(training, "EPOCHS", 20)
        patch.setattr(training, "BATCH_SIZE", len(X))
        patch.setattr(training, "LEARNING_RATE", 0.01)
        names = [name for name in CONTENDERS if not name.startswith("scikit-learn")]
        predicted = [CONTENDERS[name](X, y, 0)(examples.X_test) for name in names]
    for name, classes in zip(names, predicted, strict=True):
        assert np.mean(classes == predicted[0]) > 0.99, name
    assert np.mean(predicted[0] == examples.y_test) > 0.8


def test_scikit_learn_that_stops_early_is_told(monkeypatch, short):
    monkeypatch.setattr(MLPClassifier, "fit", lambda self, X, y: setattr(self, "n_iter_", 2))
    with pytest.raises(RuntimeError, match="stopped after 2 epochs"):
        training.scikit_learn(np.zeros((2, 2)), np.zeros(2), 0)


# ------------------------------------------------------------------------------- measuring


def test_all_take_turns_and_the_threads_are_given_back(monkeypatch):
    calls = []

    def contender(name):
        def train(X, y, seed):
            calls.append((seed, name, torch.get_num_threads()))
            return lambda X_test: np.zeros(len(X_test))

        return train

    monkeypatch.setattr(training, "CONTENDERS", {name: contender(name) for name in "abc"})
    before = torch.get_num_threads()
    measured = training.measure(2, "abc")
    assert torch.get_num_threads() == before
    assert "".join(name for _, name, _ in calls) == "abc" + "abc" + "bca"
    assert [seed for seed, _, _ in calls[3:]] == [0, 0, 0, 1, 1, 1]
    assert {threads for _, _, threads in calls} == {1}
    assert {name: len(of) for name, of in measured.items()} == {"a": 2, "b": 2, "c": 2}


def test_a_ratio_is_taken_within_a_round():
    # the machine was ten times slower in the second and third round
    measured = found((2.0, 30.0, 40.0), ours=(1.0, 10.0, 10.0))
    assert training.ratios(measured, "PyTorch, float32", "course, float32") == [2, 3, 4]
    table = training.table_of(measured)
    assert "3.00×" in list(table.columns[1].cells)
    measured["course, float32"] = [Run(1.0, 0.1, 0.97)] * 3
    measured["PyTorch, float32"] = [Run(2.0, 0.4, 0.97)] * 3
    arguments = (measured, "PyTorch, float32", "course, float32", "processor")
    assert training.ratios(*arguments) == [4, 4, 4]


@pytest.mark.parametrize(("seconds", "says"), [(2.0, "is at least as fast"), (0.5, "NOT as fast")])
def test_speed_is_judged(seconds, says):
    sentences = training.verdicts(found([seconds] * 3))
    assert len(sentences) == 4  # both of ours against both libraries
    assert all(says in sentence for sentence in sentences)
    assert all(f"{seconds:.1f} times the processor time" in sentence for sentence in sentences)


@pytest.mark.parametrize(
    ("accuracies", "says"),
    [
        ((0.96, 0.98, 0.97), "equal accuracy: ours minus its +0.00 ± 0.58 points"),
        ((0.98, 0.98, 0.99), "ANOTHER accuracy: ours minus its -1.33 ± 0.33 points"),
    ],
)
def test_accuracy_is_judged_seed_by_seed(accuracies, says):
    assert all(says in sentence for sentence in training.verdicts(found([2.0] * 3, accuracies)))


def test_the_fastest_form_of_a_library_is_what_ours_is_held_against():
    measured = found((5.0, 5.0, 5.0))
    measured["PyTorch, DataLoader"] = runs(3.0, 3.0, 3.0)
    first, *_ = training.verdicts(measured)
    assert "PyTorch, DataLoader, takes 3.0 times as long" in first


def test_the_quick_form_prints_ratios(short):
    said = CliRunner().invoke(typer_app(), ["--quick"])
    assert said.exit_code == 0, said.output
    for name in CONTENDERS:
        assert re.search(rf"{name} +\d+\.\d\d×", said.output), said.output
    assert said.output.count("points.") == 4


def typer_app():
    app = training.typer.Typer()
    app.command()(training.main)
    return app
