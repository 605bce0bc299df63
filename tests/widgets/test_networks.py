"""The pictures of lesson 03 move as their controls say."""

import matplotlib.pyplot as plt
import numpy as np
import pytest

from utils.activations import sigmoid, softmax
from utils.figures import COLORS
from utils.networks import deep_forward, dense, init_dense, one_hidden_layer, xor_network
from utils.widgets.networks import (
    NetworkPicture,
    count_kinks,
    cuts_explorer,
    draw_heads,
    draw_layer,
    draw_xor_network,
    fit_explorer,
    fit_last_layer,
    fold_explorer,
    network_explorer,
    random_hidden_layers,
    signal_explorer,
    train_networks,
    trained_explorer,
)

FENCE = (
    np.array([[0.0, -0.9, 0.9], [1.0, -0.5, -0.5]]),
    np.array([-0.5, -0.5, -0.5]),
    np.array([[-4.0], [-4.0], [-4.0]]),
    np.array([2.0]),
)
STRETCH = (
    np.array([[3.0, -2.0], [-2.0, 3.0]]),
    np.zeros(2),
    np.full((2, 1), 2.0),
    np.array([-5.0]),
)


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


def hexadecimal(color) -> str:
    return plt.matplotlib.colors.to_hex(color).upper()


# ------------------------------------------------------------------------ one layer


def test_a_layer_has_a_picture_a_neuron_with_its_own_cut():
    W, b = np.array([[3.0, 1.0, -2.0], [-2.0, 1.0, 0.0]]), np.array([1.0, -2.0, 1.0])
    draw_layer(dense, W, b)
    panels = plt.gcf().axes
    assert len(panels) == 3
    for j, axes in enumerate(panels):
        plane = axes.images[0].get_array()
        side = np.linspace(-3, 3, len(plane))
        # rows are x2 from below, columns are x1
        expected = W[0, j] * side + W[1, j] * side[:, np.newaxis] + b[j]
        np.testing.assert_allclose(plane, expected, atol=1e-12)
        (cut,) = axes.collections
        for x1, x2 in np.concatenate([path.vertices for path in cut.get_paths()]):
            assert W[0, j] * x1 + W[1, j] * x2 + b[j] == pytest.approx(0, abs=1e-9)
    assert panels[0].get_title() == "neuron 1\nw = (3, -2), b = 1"


def test_a_layer_of_another_shape_is_told():
    with pytest.raises(ValueError, match="should return the shape"):
        draw_layer(lambda X, W, b: (X @ W + b).T, np.ones((2, 3)), np.zeros(3))


# ------------------------------------------------------------------- a network at work


def test_weights_are_widths_and_signs_are_colours():
    _, axes = plt.subplots()
    W1 = np.array([[1.0, -2.0, 0.5], [4.0, 3.0, -0.25]])
    picture = NetworkPicture(axes, [(W1, np.zeros(3)), (np.ones((3, 1)), np.zeros(1))])
    lines = picture.lines[0]
    widths = np.array(lines.get_linewidths()).reshape(2, 3)
    assert np.array_equal(np.argsort(widths.ravel()), np.argsort(np.abs(W1).ravel()))
    np.testing.assert_allclose((widths - 0.6) / np.abs(W1), 6 / 4)
    colors = np.array([hexadecimal(color) for color in lines.get_colors()]).reshape(2, 3)
    np.testing.assert_array_equal(colors, np.where(W1 > 0, COLORS.red, COLORS.blue))
    starts = np.array([segment[0] for segment in lines.get_segments()]).reshape(2, 3, 2)
    np.testing.assert_allclose(starts[1], [picture.places[0][1]] * 3)


@pytest.mark.parametrize("x", [(0.3, 1.2), (-1.5, 0.8), (0.0, 0.0), (1.0, -2.0)])
def test_the_network_shows_its_activations_where_the_dot_is(x):
    live = network_explorer(one_hidden_layer, FENCE)
    live.set(x1=x[0], x2=x[1])
    assert live.error is None
    drawing, plane = live.figure.axes
    y_hat, hidden = one_hidden_layer([x], *FENCE)
    shown = [text.get_text() for text in drawing.texts]
    for value in (*x, *hidden[0], y_hat[0, 0]):
        assert f"{value:.2f}" in shown
    dot = plane.lines[-1]
    assert (dot.get_xdata()[0], dot.get_ydata()[0]) == x
    assert f"the output is {y_hat[0, 0]:.3f}" in live.caption
    pale = np.array(drawing.collections[1].get_alpha()) < 0.5  # from hidden to output
    np.testing.assert_array_equal(pale, hidden[0] == 0)


def test_a_hidden_neuron_wakes_up_at_its_cut():
    live = network_explorer(one_hidden_layer, FENCE)
    live.set(x1=0.0, x2=0.5)
    assert "No hidden neuron is awake" in live.caption
    live.set(x2=0.55)
    assert "Hidden neuron 1 is awake" in live.caption
    live.set(x1=-2.0, x2=2.0)
    assert "Hidden neurons 1 and 2 are awake" in live.caption
    cut = live.figure.axes[1].lines[0]
    np.testing.assert_allclose(cut.get_ydata(), 0.5)


# ------------------------------------------------------------------- cuts that add up


def test_the_ramps_add_up_to_the_sum():
    live = cuts_explorer(one_hidden_layer, FENCE)
    live.set(v1=0.5, v2=3.0, v3=-4.5, bias=-1.0)
    assert live.error is None
    images = [axes.images[0].get_array() for axes in live.figure.axes]
    np.testing.assert_allclose(images[3], images[0] + images[1] + images[2] - 1, atol=1e-12)
    np.testing.assert_allclose(images[4], sigmoid(np.asarray(images[3])), atol=1e-12)
    np.testing.assert_array_equal(images[5], np.asarray(images[4]) > 0.5)
    assert f"{100 * np.mean(images[5]):.0f} % of this square" in live.caption
    assert live.figure.axes[1].get_title() == "3 × hidden neuron 2"


def test_a_ramp_is_flat_on_one_side_of_its_cut():
    live = cuts_explorer(one_hidden_layer, FENCE)
    ramp = np.asarray(live.figure.axes[0].images[0].get_array())
    x2 = np.linspace(-2, 2, len(ramp))
    np.testing.assert_allclose(ramp, np.tile(-4 * np.maximum(x2 - 0.5, 0), (len(ramp), 1)).T)


# -------------------------------------------------------------------------- the fold


def fold():
    return fold_explorer(one_hidden_layer, {"stretch": STRETCH, "mine": xor_network()})


def corners_of(live) -> np.ndarray:
    markers = [line for line in live.figure.axes[0].lines if line.get_marker() in "o^"]
    return np.array([[line.get_xdata()[0], line.get_ydata()[0]] for line in markers])


CORNERS = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])


@pytest.mark.parametrize(("name", "network"), [("stretch", STRETCH), ("mine", xor_network())])
def test_the_fold_goes_from_inputs_over_pre_activations_to_activations(name, network):
    live = fold()
    W1, b1, _, _ = network
    Z = CORNERS @ W1 + b1
    for moment, places in (
        (0.0, CORNERS),
        (0.5, (CORNERS + Z) / 2),
        (1.0, Z),
        (1.5, (Z + np.maximum(Z, 0)) / 2),
        (2.0, np.maximum(Z, 0)),
    ):
        live.set(name=name, moment=moment)
        assert live.error is None
        np.testing.assert_allclose(corners_of(live), places, atol=1e-12)
        assert f"Moment {moment:.2f}" in live.caption or f"Moment {moment:.0f}" in live.caption


def test_straight_lines_stay_straight_until_the_fold():
    live = fold()
    (lines, _) = live.figure.axes[0].collections

    def bend(moment):
        live.set(moment=moment)
        return max(np.abs(np.diff(segment, 2, axis=0)).max() for segment in lines.get_segments())

    assert max(bend(moment) for moment in (0.0, 0.3, 0.7, 1.0)) < 1e-12
    assert bend(2.0) > 0.01


@pytest.mark.parametrize("name", ["stretch", "mine"])
def test_when_folded_the_cut_parts_the_classes(name):
    live = fold()
    cut = next(line for line in live.figure.axes[0].lines if line.get_label() == "the output's cut")
    live.set(name=name, moment=1.95)
    assert not cut.get_visible()
    live.set(moment=2.0)
    assert cut.get_visible()
    (x0, x1), (y0, y1) = cut.get_data()
    places = corners_of(live)
    side = (places[:, 0] - x0) * (y1 - y0) - (places[:, 1] - y0) * (x1 - x0) > 0
    assert side.tolist() in ([True, False, False, True], [False, True, True, False])


def test_a_sheet_that_is_nowhere_negative_is_not_called_folded():
    W1, b1, W2, b2 = xor_network()
    lifted = (W1, b1 + 10.0, W2, b2)
    live = fold_explorer(one_hidden_layer, {"lifted": lifted, "mine": (W1, b1, W2, b2)})
    for moment in (1.5, 2.0):
        live.set(name="lifted", moment=moment)
        assert "the ReLU folds nothing" in live.caption
        live.set(name="mine")
        assert "nothing" not in live.caption


def test_the_xor_pictures_show_inputs_and_hidden_activations():
    draw_xor_network(one_hidden_layer, xor_network())
    plane, folded = plt.gcf().axes

    def points(axes):
        found = [np.transpose(line.get_data()) for line in axes.lines if line.get_marker() in "o^"]
        return {tuple(point) for point in np.concatenate(found)}

    assert points(plane) == {(0, 0), (0, 1), (1, 0), (1, 1)}
    assert points(folded) == {(0, 0), (1, 0), (2, 1)}
    assert "(0, 1), (1, 0)" in [text.get_text() for text in folded.texts]


def test_an_undecided_network_can_be_drawn_too():
    zeros = (np.zeros((2, 2)), np.zeros(2), np.zeros((2, 1)), np.zeros(1))
    draw_xor_network(one_hidden_layer, zeros)
    assert [text.get_text() for text in plt.gcf().axes[1].texts] == [
        "(0, 0), (0, 1), (1, 0), (1, 1)"
    ]


# ------------------------------------------------------------------ where a network starts


def sizes_of(live) -> np.ndarray:
    return np.asarray(live.figure.axes[0].lines[0].get_ydata(), float)


def test_a_factor_on_the_weights_is_taken_to_the_power_of_the_depth():
    """relu(c z) = c relu(z), so with biases of 0 each layer multiplies the signal by c."""
    live = signal_explorer(init_dense)
    live.set(factor=1.0)
    plain = sizes_of(live)
    assert len(plain) == 31
    for factor in (0.5, 0.7, 1.4, 2.0):
        live.set(factor=factor)
        np.testing.assert_allclose(sizes_of(live), plain * factor ** np.arange(31), rtol=1e-9)


def test_the_sentence_tells_the_signals_fate():
    live = signal_explorer(init_dense)
    for factor, fate in ((0.7, "fades away"), (1.0, "gets through"), (1.4, "blows up")):
        live.set(factor=factor)
        assert fate in live.caption
        assert "e-" not in live.caption, "a small number is written out"
        assert "e+" not in live.caption, "a large one, too"


@pytest.mark.parametrize("seed", range(0, 21, 4))
def test_hes_start_gets_the_signal_through(seed):
    live = signal_explorer(init_dense)
    live.set(seed=seed)
    assert "gets through" in live.caption


# -------------------------------------------------------------------- width and depth


def test_the_last_layer_is_fitted_by_least_squares():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(40, 2)), rng.normal(size=40)
    hidden = [(rng.normal(size=(2, 5)), rng.normal(size=5))]
    W, b = fit_last_layer(deep_forward, hidden, x, y)
    assert (W.shape, b.shape) == ((5, 1), (1,))
    residual = deep_forward(x, [*hidden, (W, b)])[:, 0] - y
    # at a least-squares solution the residual is orthogonal to everything that can be added
    activations = np.maximum(dense(x, *hidden[0]), 0)
    np.testing.assert_allclose(activations.T @ residual, 0, atol=1e-9)
    assert residual.sum() == pytest.approx(0, abs=1e-9)


def test_each_hidden_neuron_bends_within_the_picture():
    hidden = random_hidden_layers(init_dense, 16, 1, np.random.default_rng(0))
    W, b = hidden[0]
    kinks = -b / W[0]
    assert np.all(np.abs(kinks) <= 1)
    assert count_kinks(hidden, -1, 1) == 16


def test_kinks_are_counted_through_the_layers():
    tent = (np.array([[1.0, 1.0]]), np.array([0.0, -0.501]))
    again = (np.array([[2.0, 2.0], [-4.0, -4.0]]), np.array([0.0, -0.5]))
    assert count_kinks([tent], 0.01, 0.99) == 1
    # the second layer's neuron 2 crosses 0.5 once on each side of the tent
    assert count_kinks([tent, again], 0.01, 0.99) == 3


@pytest.mark.parametrize("target", ["wave", "faster and faster", "steps"])
def test_wider_fits_better(target):
    live = fit_explorer(init_dense, deep_forward)

    def distance(**values):
        live.set(target=target, **values)
        assert live.error is None
        wanted, got = (line.get_ydata() for line in live.figure.axes[0].lines)
        error = float(np.sqrt(np.mean((np.asarray(wanted) - np.asarray(got)) ** 2)))
        assert f"{error:.3f}" in live.caption
        return error

    errors = [np.median([distance(width=w, seed=s) for s in range(5)]) for w in (1, 8, 64)]
    assert errors[0] > errors[1] > 2 * errors[2]


def test_one_hidden_layer_has_at_most_one_piece_more_than_neurons():
    live = fit_explorer(init_dense, deep_forward)
    for width in (1, 5, 30):
        for seed in range(3):
            live.set(width=width, depth=1, seed=seed)
            assert f"1 hidden layer of {width}: {width + 1} straight pieces" in live.caption
    live.set(width=16, depth=5)
    pieces = int(live.caption.split(": ")[1].split()[0])
    assert pieces > 17


@pytest.fixture(scope="module")
def trained():
    return trained_explorer(deep_forward, widest=8, deepest=3, steps=500)


def test_training_aims_what_chance_does_not(trained):
    x = np.linspace(-1, 1, 401)

    def distance(**values):
        trained.set(**values)
        assert trained.error is None
        wanted, got = (line.get_ydata() for line in trained.figure.axes[0].lines)
        assert len(got) == len(x)
        return float(np.sqrt(np.mean((np.asarray(wanted) - np.asarray(got)) ** 2)))

    narrow, shallow, deep = (distance(width=w, depth=d) for w, d in ((1, 3), (8, 1), (8, 3)))
    assert deep < shallow / 2
    assert deep < narrow / 2
    # 8 + 8 for the first layer, 72 for each further one, 9 for the output
    assert "3 hidden layers of 8, 169 parameters" in trained.caption


def test_gradients_side_by_side_are_those_of_each_network_alone():
    """As automatic differentiation finds them; the padding's gradients are 0."""
    import torch

    torch.set_num_threads(1)
    x = np.linspace(-1, 1, 20)[:, np.newaxis]
    y = np.sin(3 * x)
    from utils.widgets.networks import _gradients_side_by_side, _padded

    rng = np.random.default_rng(0)
    networks = [
        [*random_hidden_layers(init_dense, width, 2, rng), init_dense(width, 1, rng)]
        for width in (3, 5)
    ]
    gradients, errors = _gradients_side_by_side(_padded(networks, 5), x, y)
    for index, layers in enumerate(networks):
        tensors = [torch.tensor(part, requires_grad=True) for layer in layers for part in layer]
        A = torch.tensor(x)
        for place in range(3):
            A = A @ tensors[2 * place] + tensors[2 * place + 1]
            A = A if place == 2 else torch.relu(A)
        loss = torch.mean((A - torch.tensor(y)) ** 2)
        loss.backward()
        assert errors[index] == pytest.approx(loss.item())
        for stack, tensor in zip(gradients, tensors, strict=True):
            whole = np.zeros(stack[index].shape)
            slope = np.atleast_2d(tensor.grad.numpy())
            whole[: slope.shape[0], : slope.shape[1]] = slope
            np.testing.assert_allclose(stack[index], whole, atol=1e-12)


def test_trained_networks_have_the_widths_asked_for():
    x = np.linspace(-1, 1, 20)[:, np.newaxis]
    networks = train_networks(x, x**2, [2, 5], depth=2, steps=3)
    shapes = [[W.shape for W, _ in layers] for layers in networks]
    assert shapes == [[(1, 2), (2, 2), (2, 1)], [(1, 5), (5, 5), (5, 1)]]


# --------------------------------------------------------------------- what comes out


def test_each_head_shows_what_its_activation_gives():
    logits = np.linspace(-4, 4, 64).reshape(8, 8)
    draw_heads(sigmoid, softmax, logits)
    _, yes, classes, image = plt.gcf().axes
    heights = [bar.get_height() for bar in yes.patches]
    assert sum(heights) == pytest.approx(1)
    assert heights[1] == pytest.approx(1 / (1 + np.exp(-1.2)))
    assert sum(bar.get_height() for bar in classes.patches) == pytest.approx(1)
    np.testing.assert_allclose(image.images[0].get_array(), sigmoid(logits))


# ------------------------------------------------------------------------------- all


LIVE = {
    "network": lambda: network_explorer(one_hidden_layer, FENCE),
    "cuts": lambda: cuts_explorer(one_hidden_layer, FENCE),
    "fold": fold,
    "signal": lambda: signal_explorer(init_dense),
    "fit": lambda: fit_explorer(init_dense, deep_forward),
}


@pytest.mark.parametrize("make", LIVE.values(), ids=list(LIVE))
def test_the_same_state_gives_the_same_picture(make):
    assert make().png == make().png


def broken(*arguments):
    raise ZeroDivisionError("mine")


@pytest.mark.parametrize(
    "make",
    [
        lambda: network_explorer(broken, FENCE),
        lambda: cuts_explorer(broken, FENCE),
        lambda: signal_explorer(broken),
        lambda: fit_explorer(init_dense, broken),
        lambda: fit_explorer(broken, deep_forward),
    ],
)
def test_a_wrong_function_is_a_sentence_not_a_crash(make):
    assert isinstance(make().error, ZeroDivisionError)
