"""How fast the course's network trains, beside the same in PyTorch and in scikit-learn.

A network of 64-64-10 neurons learns the digits: pixels from 0 to 1, mini-batches of 32, 30 epochs,
Adam with a learning rate of 0.001. What is equal for all: the examples held out, the distribution
of the first weights (Glorot's, as scikit-learn has no other; ours and PyTorch's are even the same
numbers), the loss (no weight decay), the number of steps, and one thread. What differs is the order
of the examples, each has its own shuffling.

The clock runs from the arrays to the trained network, with a loss kept for each epoch. All take
turns within a round, each round has a seed and a split of its own, and the time of another is
divided by ours of the same round. On a busy machine the processor's time tells more than the clock.

PyTorch comes three ways: as most would write it, with its DataLoader, and as fast as we could make
it without leaving autograd. torch.compile is left out: compiling takes longer than all of the
training.

    python -m bench.training [--quick]
"""

import os

os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = "1"
os.environ["MKL_NUM_THREADS"] = "1"

import statistics
import time
import warnings
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import torch
import typer
from rich.console import Console
from rich.table import Table
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier
from threadpoolctl import threadpool_limits

from utils.datasets import load_digits
from utils.networks import deep_forward
from utils.training import Layers, train_classes

SIZES = [64, 64, 10]
BATCH_SIZE = 32
EPOCHS = 30
LEARNING_RATE = 0.001
TRAINING_SHARE = 0.8

# (X, y, seed) -> a function that tells the classes of other examples
Predict = Callable[[np.ndarray], np.ndarray]
Contender = Callable[[np.ndarray, np.ndarray, int], Predict]


@dataclass(frozen=True)
class Split:
    """The digits, in an order of their own, cut into those to learn from and those held out."""

    X_train: np.ndarray
    y_train: np.ndarray
    X_test: np.ndarray
    y_test: np.ndarray


@dataclass(frozen=True)
class Run:
    """What one training took, and the share of the held-out digits that it tells right."""

    seconds: float
    processor: float  # seconds of it, of all threads
    accuracy: float


def split(seed: int) -> Split:
    digits = load_digits()
    X, y = digits.X / 16, digits.y
    order = np.random.default_rng([seed, 0]).permutation(len(X))
    train, test = np.split(order, [round(TRAINING_SHARE * len(X))])
    return Split(X[train], y[train], X[test], y[test])


def first_layers(seed: int) -> Layers:
    """Weights and biases as scikit-learn draws them (Glorot & Bengio, 2010)."""
    rng = np.random.default_rng([seed, 1])
    layers = []
    for m, k in pairwise(SIZES):
        bound = np.sqrt(6 / (m + k))
        layers.append((rng.uniform(-bound, bound, (m, k)), rng.uniform(-bound, bound, k)))
    return layers


# ------------------------------------------------------------------------- the contenders


def course(X: np.ndarray, y: np.ndarray, seed: int) -> Predict:
    rng = np.random.default_rng([seed, 2])
    layers, _ = train_classes(X, y, first_layers(seed), BATCH_SIZE, EPOCHS, rng, LEARNING_RATE)
    return lambda X_test: deep_forward(X_test, layers).argmax(axis=1)


def course_float32(X: np.ndarray, y: np.ndarray, seed: int) -> Predict:
    return course(X.astype(np.float32), y, seed)


def torch_network(seed: int) -> torch.nn.Sequential:
    torch.manual_seed(seed)  # for the shuffling
    network = torch.nn.Sequential(
        torch.nn.Linear(SIZES[0], SIZES[1]), torch.nn.ReLU(), torch.nn.Linear(SIZES[1], SIZES[2])
    )
    with torch.no_grad():
        for linear, (W, b) in zip([network[0], network[2]], first_layers(seed), strict=True):
            linear.weight.copy_(torch.from_numpy(W.T))
            linear.bias.copy_(torch.from_numpy(b))
    return network


def torch_predict(network: torch.nn.Sequential) -> Predict:
    def predict(X_test: np.ndarray) -> np.ndarray:
        with torch.no_grad():
            return network(torch.tensor(X_test, dtype=torch.float32)).argmax(dim=1).numpy()

    return predict


def pytorch(X: np.ndarray, y: np.ndarray, seed: int) -> Predict:
    """The loop that most would write, on batches of indices."""
    network = torch_network(seed)
    optimizer = torch.optim.Adam(network.parameters(), lr=LEARNING_RATE)
    loss_of = torch.nn.CrossEntropyLoss()
    inputs, labels = torch.tensor(X, dtype=torch.float32), torch.tensor(y)
    losses = []
    for _ in range(EPOCHS):
        total = 0.0
        for batch in torch.randperm(len(inputs)).split(BATCH_SIZE):
            optimizer.zero_grad()
            loss = loss_of(network(inputs[batch]), labels[batch])
            loss.backward()
            optimizer.step()
            total += loss.item() * len(batch)
        losses.append(total / len(inputs))
    return torch_predict(network)


def pytorch_loader(X: np.ndarray, y: np.ndarray, seed: int) -> Predict:
    """The same, with the DataLoader that PyTorch's tutorials use."""
    network = torch_network(seed)
    optimizer = torch.optim.Adam(network.parameters(), lr=LEARNING_RATE)
    loss_of = torch.nn.CrossEntropyLoss()
    examples = torch.utils.data.TensorDataset(torch.tensor(X, dtype=torch.float32), torch.tensor(y))
    batches = torch.utils.data.DataLoader(examples, batch_size=BATCH_SIZE, shuffle=True)
    losses = []
    for _ in range(EPOCHS):
        total = 0.0
        for inputs, labels in batches:
            optimizer.zero_grad()
            loss = loss_of(network(inputs), labels)
            loss.backward()
            optimizer.step()
            total += loss.item() * len(inputs)
        losses.append(total / len(examples))
    return torch_predict(network)


def pytorch_fastest(X: np.ndarray, y: np.ndarray, seed: int) -> Predict:
    """The same by our own means: one flat array of parameters, the examples put in order once an
    epoch, the loss looked at once an epoch; and Adam as one fused operation.
    """
    network = torch_network(seed)
    flat = torch.nn.utils.parameters_to_vector(network.parameters()).detach().requires_grad_()
    shapes = [parameter.shape for parameter in network.parameters()]
    sizes = [shape.numel() for shape in shapes]
    optimizer = torch.optim.Adam([flat], lr=LEARNING_RATE, fused=True)

    def loss_of(inputs: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        W1, b1, W2, b2 = flat.split(sizes)
        hidden = torch.nn.functional.linear(inputs, W1.view(shapes[0]), b1).relu()
        logits = torch.nn.functional.linear(hidden, W2.view(shapes[2]), b2)
        return torch.nn.functional.cross_entropy(logits, labels)

    inputs, labels = torch.tensor(X, dtype=torch.float32), torch.tensor(y)
    losses = []
    for _ in range(EPOCHS):
        order = torch.randperm(len(inputs))
        batches = zip(inputs[order].split(BATCH_SIZE), labels[order].split(BATCH_SIZE), strict=True)
        for batch in batches:
            flat.grad = None
            loss_of(*batch).backward()
            optimizer.step()
        with torch.no_grad():
            losses.append(loss_of(inputs, labels).item())
    torch.nn.utils.vector_to_parameters(flat.detach(), network.parameters())
    return torch_predict(network)


def scikit_learn(X: np.ndarray, y: np.ndarray, seed: int) -> Predict:
    classifier = MLPClassifier(
        hidden_layer_sizes=SIZES[1:-1],
        solver="adam",
        alpha=0,
        batch_size=BATCH_SIZE,
        learning_rate_init=LEARNING_RATE,
        max_iter=EPOCHS,
        tol=0,
        n_iter_no_change=EPOCHS + 1,  # it never stops early
        random_state=seed,
    )
    with warnings.catch_warnings():  # it says that it could go on after 30 epochs
        warnings.simplefilter("ignore", ConvergenceWarning)
        classifier.fit(X, y)
    if classifier.n_iter_ != EPOCHS:
        raise RuntimeError(f"scikit-learn stopped after {classifier.n_iter_} epochs.")
    return lambda X_test: classifier.predict(X_test.astype(X.dtype))


def scikit_learn_float32(X: np.ndarray, y: np.ndarray, seed: int) -> Predict:
    return scikit_learn(X.astype(np.float32), y, seed)


OURS = {"course, float32": course_float32, "course, float64": course}
OTHERS = {
    "PyTorch, float32": pytorch,
    "PyTorch, DataLoader": pytorch_loader,
    "PyTorch, fastest form": pytorch_fastest,
    "scikit-learn, float32": scikit_learn_float32,
    "scikit-learn, float64": scikit_learn,
}
CONTENDERS: dict[str, Contender] = OURS | OTHERS

# ----------------------------------------------------------------------------- the contest


def one_run(contender: Contender, examples: Split, seed: int) -> Run:
    started, busy = time.perf_counter(), time.process_time()
    predict = contender(examples.X_train, examples.y_train, seed)
    seconds, processor = time.perf_counter() - started, time.process_time() - busy
    accuracy = float(np.mean(predict(examples.X_test) == examples.y_test))
    return Run(seconds, processor, accuracy)


def measure(rounds: int, names: Iterable[str] = CONTENDERS) -> dict[str, list[Run]]:
    """Let all take turns; each round begins with another of them."""
    names = list(names)
    found: dict[str, list[Run]] = {name: [] for name in names}
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with threadpool_limits(1):
            for name in names:  # what is only made at the first use is not measured
                one_run(CONTENDERS[name], split(0), 0)
            for seed in range(rounds):
                examples = split(seed)
                first = seed % len(names)
                for name in names[first:] + names[:first]:
                    found[name].append(one_run(CONTENDERS[name], examples, seed))
    finally:
        torch.set_num_threads(threads)
    return found


def ratios(found: dict[str, list[Run]], name: str, ours: str, of: str = "seconds") -> list[float]:
    """How many times as long as ours a contender took, in each round."""
    pairs = zip(found[name], found[ours], strict=True)
    return [getattr(other, of) / getattr(own, of) for other, own in pairs]


def percent(accuracies: Sequence[float]) -> str:
    """Mean and standard deviation, in percent."""
    deviation = statistics.stdev(accuracies) if len(accuracies) > 1 else 0.0
    return f"{100 * statistics.mean(accuracies):.1f} ± {100 * deviation:.1f}"


def table_of(found: dict[str, list[Run]]) -> Table:
    rounds = len(next(iter(found.values())))
    table = Table("", title=f"Training time, median of {rounds} rounds, one thread each", box=None)
    for name in OURS:
        table.add_column(f"of {name}", justify="right")
    table.add_column("accuracy %", justify="right")
    for name, runs in found.items():
        of_ours = [f"{statistics.median(ratios(found, name, ours)):.2f}×" for ours in OURS]
        table.add_row(name, *of_ours, percent([run.accuracy for run in runs]))
    return table


def verdicts(found: dict[str, list[Run]]) -> list[str]:
    """A sentence on each of ours: against the fastest form of each of the others, and how sure."""
    sentences = []
    for ours in OURS:
        for library in ("PyTorch", "scikit-learn"):
            forms = [name for name in OTHERS if name.startswith(library)]
            fastest = min(forms, key=lambda name: statistics.median(ratios(found, name, ours)))
            each = ratios(found, fastest, ours)
            median = statistics.median(each)
            processor = statistics.median(ratios(found, fastest, ours, "processor"))
            reached = "at least as fast" if median >= 1 else "NOT as fast"
            sentences.append(
                f"{ours}, is {reached}: {fastest}, takes {median:.1f} times as long "
                f"({min(each):.1f} to {max(each):.1f}) and {processor:.1f} times the processor "
                f"time; {accuracies_compared(found, fastest, ours)}"
            )
    return sentences


def accuracies_compared(found: dict[str, list[Run]], name: str, ours: str) -> str:
    """Whether the accuracies differ by more than two standard errors, seed by seed."""
    pairs = zip(found[ours], found[name], strict=True)
    differences = [100 * (own.accuracy - other.accuracy) for own, other in pairs]
    mean = statistics.mean(differences)
    if len(differences) < 2:
        return "the accuracy of one round says little."
    error = statistics.stdev(differences) / len(differences) ** 0.5
    equal = "equal accuracy" if abs(mean) <= 2 * error else "ANOTHER accuracy"
    return f"{equal}: ours minus its {mean:+.2f} ± {error:.2f} points."


def main(quick: bool = typer.Option(False, help="Two rounds instead of fifteen.")) -> None:
    """Measure the training of the digits."""
    console = Console(highlight=False)
    with console.status("Training"):
        found = measure(2 if quick else 15)
    console.print(table_of(found))
    for sentence in verdicts(found):
        console.print(sentence)


if __name__ == "__main__":
    typer.run(main)
