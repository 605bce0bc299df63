"""The references of lesson 07 against PyTorch in float64, papers' formulas, and closed forms."""

import math
import warnings
from itertools import pairwise

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.optim import lr_scheduler

from utils.backpropagation import train_network
from utils.gradient_descent import gradient_descent, gradient_step
from utils.networks import init_dense
from utils.optimizers import (
    adadelta_step,
    adagrad_step,
    adam_step,
    descend,
    flatten_layers,
    largest_stable_learning_rate,
    momentum_step,
    rmsprop_step,
    step_decay,
    train_with,
    unflatten_layers,
    warmup_cosine,
)
from utils.surfaces import SURFACES

torch.set_num_threads(1)

STEPS = 60
seeds = st.integers(0, 2**32 - 1)


# ------------------------------------------------------------------ how far is too far


def quadratic(p, seed):
    """A Hessian with known curvatures, turned at random."""
    rng = np.random.default_rng(seed)
    turn = np.linalg.qr(rng.normal(size=(p, p)))[0]
    curvatures = rng.uniform(0.2, 40, size=p)
    hessian = turn @ np.diag(curvatures) @ turn.T
    return (hessian + hessian.T) / 2, curvatures


@given(p=st.integers(1, 6), seed=seeds)
def test_the_limit_is_two_over_the_largest_curvature(p, seed):
    hessian, curvatures = quadratic(p, seed)
    got = largest_stable_learning_rate(hessian)
    assert isinstance(got, float)
    np.testing.assert_allclose(got, 2 / curvatures.max(), rtol=1e-9)


@given(p=st.integers(1, 5), seed=seeds)
@settings(max_examples=15)
def test_walks_settle_below_the_limit_and_run_away_above_it(p, seed):
    hessian, _ = quadratic(p, seed)
    limit = largest_stable_learning_rate(hessian)
    # a start with a part in every direction: above the limit the steepest one grows by 1.1
    start = np.linalg.eigh(hessian)[1].sum(axis=1)
    below = gradient_descent(lambda w: hessian @ w, start, 0.95 * limit, 1500)
    above = gradient_descent(lambda w: hessian @ w, start, 1.05 * limit, 200)
    assert np.linalg.norm(below[-1]) < 1e-3 * np.linalg.norm(start)
    assert np.linalg.norm(above[-1]) > 1e3 * np.linalg.norm(start)


def test_at_the_limit_a_parabola_is_jumped_over_for_ever():
    limit = largest_stable_learning_rate([[0.5]])
    path = gradient_descent(lambda w: 0.5 * w, np.array([3.0]), limit, 4)
    np.testing.assert_array_equal(path[:, 0], [3, -3, 3, -3, 3])


# --------------------------------------------------- each rule against torch.optim, step by step

RULES = {
    "sgd": (
        0,
        lambda w, g, t: (gradient_step(w, g, 0.05),),
        lambda p: torch.optim.SGD(p, lr=0.05),
    ),
    "momentum": (
        1,
        lambda w, velocity, g, t: momentum_step(w, velocity, g, 0.01, 0.9),
        lambda p: torch.optim.SGD(p, lr=0.01, momentum=0.9),
    ),
    "adagrad": (
        1,
        lambda w, squares, g, t: adagrad_step(w, squares, g, 0.3, 1e-10),
        lambda p: torch.optim.Adagrad(p, lr=0.3, eps=1e-10),
    ),
    "adagrad, large epsilon": (
        1,
        lambda w, squares, g, t: adagrad_step(w, squares, g, 0.3, 0.5),
        lambda p: torch.optim.Adagrad(p, lr=0.3, eps=0.5),
    ),
    "rmsprop": (
        1,
        lambda w, squares, g, t: rmsprop_step(w, squares, g, 0.01, 0.9, 1e-8),
        lambda p: torch.optim.RMSprop(p, lr=0.01, alpha=0.9, eps=1e-8),
    ),
    "rmsprop, large epsilon": (
        1,
        lambda w, squares, g, t: rmsprop_step(w, squares, g, 0.05, 0.99, 0.5),
        lambda p: torch.optim.RMSprop(p, lr=0.05, alpha=0.99, eps=0.5),
    ),
    "adadelta": (
        2,
        lambda w, squares, deltas, g, t: adadelta_step(w, squares, deltas, g, 0.9, 1e-6),
        lambda p: torch.optim.Adadelta(p, lr=1.0, rho=0.9, eps=1e-6),
    ),
    "adadelta, large epsilon": (
        2,
        lambda w, squares, deltas, g, t: adadelta_step(w, squares, deltas, g, 0.7, 0.1),
        lambda p: torch.optim.Adadelta(p, lr=1.0, rho=0.7, eps=0.1),
    ),
    "adam": (
        2,
        lambda w, m, v, g, t: adam_step(w, m, v, t, g, 0.1, 0.9, 0.999, 1e-8),
        lambda p: torch.optim.Adam(p, lr=0.1, betas=(0.9, 0.999), eps=1e-8),
    ),
    "adam, large epsilon": (
        2,
        lambda w, m, v, g, t: adam_step(w, m, v, t, g, 0.1, 0.5, 0.8, 0.5),
        lambda p: torch.optim.Adam(p, lr=0.1, betas=(0.5, 0.8), eps=0.5),
    ),
}
TORCH_SURFACES = {
    "bowl": lambda w: w[0] ** 2 + w[1] ** 2,
    "valley": lambda w: (w[0] ** 2 + 20 * w[1] ** 2) / 2,
    "ripples": lambda w: (0.1 * w**2 + 1 - torch.cos(2 * w)).sum(),
    "saddle": lambda w: w[0] ** 2 / 2 + (w[1] ** 2 - 1) ** 2 / 4,
}


def torch_path(loss_of, make_optimizer, start, steps):
    w = torch.tensor(start, dtype=torch.float64, requires_grad=True)
    optimizer = make_optimizer([w])
    path = [w.detach().numpy().copy()]
    for _ in range(steps):
        optimizer.zero_grad()
        loss_of(w).backward()
        optimizer.step()
        path.append(w.detach().numpy().copy())
    return np.array(path)


@pytest.mark.parametrize("surface", list(SURFACES))
@pytest.mark.parametrize("name", list(RULES))
def test_walks_down_every_surface_are_those_of_torch(name, surface):
    memories, rule, make_optimizer = RULES[name]
    ground = SURFACES[surface]
    ours = descend(rule, memories, ground.gradient, np.array(ground.start), STEPS)
    theirs = torch_path(TORCH_SURFACES[surface], make_optimizer, ground.start, STEPS)
    assert np.abs(ours - theirs).max() < 1e-10


@pytest.mark.parametrize("name", list(RULES))
@pytest.mark.parametrize("shape", [(5,), (3, 4), (2, 1, 3)])
def test_steps_on_any_gradients_are_those_of_torch(name, shape):
    memories, rule, make_optimizer = RULES[name]
    rng = np.random.default_rng(len(shape))
    w = rng.normal(size=shape)
    tensor = torch.tensor(w, requires_grad=True)
    optimizer = make_optimizer([tensor])
    remembered = [np.zeros(shape)] * memories
    for t in range(1, STEPS + 1):
        gradient = rng.normal(size=shape) * 10.0 ** rng.uniform(-3, 3, size=shape)
        w, *remembered = rule(w, *remembered, gradient, t)
        tensor.grad = torch.tensor(gradient)
        optimizer.step()
        np.testing.assert_allclose(w, tensor.detach().numpy(), rtol=1e-10, atol=1e-10)


# ------------------------------------------------------- each rule against its paper's formula


def stream(seed, shape=(4,)):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(20, *shape)) * 10.0 ** rng.uniform(-2, 2, size=shape)


def test_momentum_is_ruders_with_the_learning_rate_inside_the_velocity():
    # Ruder (2016), section 4.1: v = gamma v + eta g, theta = theta - v
    theta, v, w, velocity = np.ones(4), np.zeros(4), np.ones(4), np.zeros(4)
    for gradient in stream(0):
        v = 0.9 * v + 0.02 * gradient
        theta = theta - v
        w, velocity = momentum_step(w, velocity, gradient, 0.02, 0.9)
        np.testing.assert_allclose(w, theta, rtol=1e-12)
        np.testing.assert_allclose(0.02 * velocity, v, rtol=1e-12)


def test_momentum_is_polyaks_heavy_ball():
    # Polyak (1964): x[k+1] = x[k] - alpha g(x[k]) + beta (x[k] - x[k-1])
    before = w = np.ones(4)
    velocity = np.zeros(4)
    ours = w
    for gradient in stream(1):
        before, w = w, w - 0.02 * gradient + 0.9 * (w - before)
        ours, velocity = momentum_step(ours, velocity, gradient, 0.02, 0.9)
        np.testing.assert_allclose(ours, w, rtol=1e-10, atol=1e-12)


def test_adagrad_divides_by_the_diagonal_of_duchis_outer_products():
    # Duchi, Hazan & Singer (2011): G = sum of g gᵀ, x = x - eta diag(G)^(-1/2) g
    G, x, w, squares = np.zeros((4, 4)), np.ones(4), np.ones(4), np.zeros(4)
    for gradient in stream(2):
        G = G + np.outer(gradient, gradient)
        x = x - 0.3 * np.diag(np.diag(G) ** -0.5) @ gradient
        w, squares = adagrad_step(w, squares, gradient, 0.3, 0.0)
        np.testing.assert_allclose(w, x, rtol=1e-12)


def test_rmsprop_is_hintons_nine_tenths_and_one_tenth():
    # Hinton (2012): MeanSquare(t) = 0.9 MeanSquare(t-1) + 0.1 g², divide g by its root
    mean_square, theta, w, squares = np.zeros(4), np.ones(4), np.ones(4), np.zeros(4)
    for gradient in stream(3):
        mean_square = 0.9 * mean_square + 0.1 * gradient**2
        theta = theta - 0.001 * gradient / np.sqrt(mean_square)
        w, squares = rmsprop_step(w, squares, gradient, 0.001, 0.9, 0.0)
        np.testing.assert_allclose(w, theta, rtol=1e-12)


def test_adadelta_is_zeilers_algorithm_1():
    # Zeiler (2012): dx = - RMS[dx](t-1) / RMS[g](t) g, with RMS[y] = sqrt(E[y²] + epsilon)
    def rms(mean):
        return np.sqrt(mean + 1e-4)

    E_g, E_dx, x = np.zeros(4), np.zeros(4), np.ones(4)
    w, squares, deltas = np.ones(4), np.zeros(4), np.zeros(4)
    for gradient in stream(4):
        E_g = 0.95 * E_g + 0.05 * gradient**2
        dx = -rms(E_dx) / rms(E_g) * gradient
        E_dx = 0.95 * E_dx + 0.05 * dx**2
        x = x + dx
        w, squares, deltas = adadelta_step(w, squares, deltas, gradient, 0.95, 1e-4)
        np.testing.assert_allclose(w, x, rtol=1e-12)


def test_adam_is_kingma_and_bas_sums_and_their_faster_form():
    # Kingma & Ba (2015): equation 1 unrolled; and section 2's alpha_t, with epsilon_hat
    beta1, beta2, alpha = 0.9, 0.99, 0.02
    gradients = stream(5)
    theta, w, m, v = np.ones(4), np.ones(4), np.zeros(4), np.zeros(4)
    for t, gradient in enumerate(gradients, start=1):
        ages = np.arange(t - 1, -1, -1)[:, np.newaxis]
        first = (1 - beta1) * (beta1**ages * gradients[:t]).sum(axis=0)
        second = (1 - beta2) * (beta2**ages * gradients[:t] ** 2).sum(axis=0)
        alpha_t = alpha * math.sqrt(1 - beta2**t) / (1 - beta1**t)
        epsilon_hat = 1e-3 * math.sqrt(1 - beta2**t)
        theta = theta - alpha_t * first / (np.sqrt(second) + epsilon_hat)
        w, m, v = adam_step(w, m, v, t, gradient, alpha, beta1, beta2, 1e-3)
        np.testing.assert_allclose(m, first, rtol=1e-10, atol=1e-12)
        np.testing.assert_allclose(v, second, rtol=1e-10, atol=1e-12)
        np.testing.assert_allclose(w, theta, rtol=1e-10, atol=1e-12)


# --------------------------------------------------------------------- what is promised


@given(seed=seeds, factor=st.floats(1e-3, 1e3))
def test_the_size_of_the_loss_does_not_matter_to_adaptive_rules(seed, factor):
    gradients = stream(seed % 1000)
    for rule in (
        lambda w, m, v, g, t: (*adagrad_step(w, m, g, 0.1, 0.0), v),
        lambda w, m, v, g, t: (*rmsprop_step(w, m, g, 0.1, 0.9, 0.0), v),
        lambda w, m, v, g, t: adam_step(w, m, v, t, g, 0.1, 0.9, 0.999, 0.0),
    ):
        ends = []
        for scale in (1.0, factor):
            w, m, v = np.ones(4), np.zeros(4), np.zeros(4)
            for t, gradient in enumerate(gradients, start=1):
                w, m, v = rule(w, m, v, scale * gradient, t)
            ends.append(w)
        np.testing.assert_allclose(ends[1], ends[0], rtol=1e-7, atol=1e-9)


@pytest.mark.parametrize("name", list(RULES))
def test_rules_take_lists_and_whole_numbers_and_leave_them_alone(name):
    memories, rule, _ = RULES[name]
    w, gradient = np.array([2, -1, 3]), np.array([1, 0, -2])
    remembered = [np.zeros(3, int)] * memories
    from_arrays = rule(w, *remembered, gradient, 1)
    from_lists = rule(w.tolist(), *[[0, 0, 0]] * memories, gradient.tolist(), 1)
    for one, other in zip(from_arrays, from_lists, strict=True):
        np.testing.assert_array_equal(one, other)
        assert one.dtype == float
    np.testing.assert_array_equal(w, [2, -1, 3])
    np.testing.assert_array_equal(gradient, [1, 0, -2])
    assert all(not array.any() for array in remembered)


@pytest.mark.parametrize("name", [name for name in RULES if name != "sgd"])
def test_level_ground_moves_nothing_and_warns_of_nothing(name):
    memories, rule, _ = RULES[name]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        w, *_ = rule(np.array([2.0, -1.0]), *[np.zeros(2)] * memories, np.zeros(2), 1)
    np.testing.assert_array_equal(w, [2, -1])


# ---------------------------------------------------------------------------- schedules


def scheduled(make_scheduler, learning_rate, steps):
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=learning_rate)
    scheduler = make_scheduler(optimizer)
    rates = []
    for _ in range(steps):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    return rates


@pytest.mark.parametrize(("drop", "every"), [(0.5, 1), (0.1, 7), (0.9, 30)])
def test_step_decay_is_torchs_step_lr(drop, every):
    theirs = scheduled(lambda o: lr_scheduler.StepLR(o, every, gamma=drop), 0.8, 70)
    ours = [step_decay(0.8, epoch, drop, every) for epoch in range(70)]
    np.testing.assert_allclose(ours, theirs, rtol=1e-10)


@pytest.mark.parametrize(("warmup", "total"), [(2, 9), (5, 40), (20, 60)])
def test_warmup_cosine_is_torchs_linear_and_cosine_in_a_row(warmup, total):
    rise = scheduled(
        lambda o: lr_scheduler.LinearLR(o, start_factor=1 / warmup, total_iters=warmup - 1),
        0.3,
        warmup,
    )
    fall = scheduled(
        lambda o: lr_scheduler.CosineAnnealingLR(o, T_max=total - warmup), 0.3, total - warmup + 1
    )
    ours = [warmup_cosine(0.3, step, warmup, total) for step in range(total + 1)]
    np.testing.assert_allclose(ours, rise + fall, rtol=1e-9, atol=1e-15)


@given(rate=st.floats(1e-6, 10), warmup=st.integers(1, 50), rest=st.integers(1, 100))
def test_warmup_cosine_rises_then_falls_and_keeps_its_bounds(rate, warmup, rest):
    total = warmup + rest
    rates = [warmup_cosine(rate, step, warmup, total) for step in range(total + 3)]
    assert all(isinstance(value, float) for value in rates)
    assert min(rates) >= 0
    assert max(rates) <= rate * (1 + 1e-12)
    assert np.all(np.diff(rates[:warmup]) > 0)
    assert np.all(np.diff(rates[warmup - 1 :]) <= 1e-15)
    np.testing.assert_allclose(rates[0], rate / warmup)
    np.testing.assert_allclose(rates[warmup - 1 : warmup + 1], rate)
    np.testing.assert_allclose(rates[total:], 0, atol=1e-15)


# --------------------------------------------------------------- any rule, on any loss


def network(seed, sizes=(3, 5, 4, 1)):
    rng = np.random.default_rng(seed)
    layers = [(init_dense(m, k, rng)[0], rng.normal(size=k)) for m, k in pairwise(sizes)]
    return layers, rng.normal(size=(9, sizes[0])), rng.integers(0, 2, size=9).astype(float)


def test_layers_survive_being_put_into_one_array_and_back():
    layers, _, _ = network(0)
    w = flatten_layers(layers)
    assert w.shape == (sum(W.size + b.size for W, b in layers),)
    for (W, b), (W_back, b_back) in zip(layers, unflatten_layers(w, layers), strict=True):
        np.testing.assert_array_equal(W, W_back)
        np.testing.assert_array_equal(b, b_back)


def test_training_with_plain_steps_is_lesson_06s_training():
    layers, X, y = network(1)
    before = [(W.copy(), b.copy()) for W, b in layers]
    expected, expected_losses = train_network(X, y, layers, 0.2, 25)
    trained, losses = train_with(lambda w, g, t: (gradient_step(w, g, 0.2),), 0, X, y, layers, 25)
    np.testing.assert_allclose(losses, expected_losses, rtol=1e-12)
    for one, other, kept, old in zip(trained, expected, layers, before, strict=True):
        for array, right in zip(one, other, strict=True):
            np.testing.assert_allclose(array, right, rtol=1e-10)
        for array, right in zip(kept, old, strict=True):
            np.testing.assert_array_equal(array, right)


@pytest.mark.parametrize("name", list(RULES))
def test_training_a_network_is_that_of_torch(name):
    memories, rule, make_optimizer = RULES[name]
    layers, X, y = network(2)
    _, losses = train_with(rule, memories, X, y, layers, 30)
    parameters = [torch.tensor(array, requires_grad=True) for layer in layers for array in layer]
    optimizer = make_optimizer(parameters)
    theirs = []
    for _ in range(31):
        A = torch.tensor(X)
        for place in range(0, len(parameters), 2):
            A = A @ parameters[place] + parameters[place + 1]
            A = torch.relu(A) if place < len(parameters) - 2 else A
        optimizer.zero_grad()
        loss = torch.nn.functional.binary_cross_entropy_with_logits(A[:, 0], torch.tensor(y))
        loss.backward()
        optimizer.step()
        theirs.append(loss.item())
    np.testing.assert_allclose(losses, theirs, rtol=1e-9, atol=1e-10)


def test_training_that_runs_away_is_told_by_its_losses_and_warns_of_nothing():
    layers, X, y = network(3)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        _, losses = train_with(lambda w, g, t: (w - 1e200 * g,), 0, X, y, layers, 5)
    assert losses.shape == (6,)
    assert not np.all(losses < 1e6)


def test_no_steps_leave_everything_where_it_was():
    layers, X, y = network(4)
    trained, losses = train_with(RULES["adam"][1], 2, X, y, layers, 0)
    np.testing.assert_array_equal(flatten_layers(trained), flatten_layers(layers))
    assert losses.shape == (1,)
    path = descend(RULES["adam"][1], 2, lambda w: w, [1.0, 2.0], 0)
    np.testing.assert_array_equal(path, [[1, 2]])


def test_rules_count_their_steps_from_one():
    seen = []
    descend(lambda w, g, t: seen.append(t) or (w,), 0, lambda w: w, [1.0], 3)
    assert seen == [1, 2, 3]
