"""What the syllabus fixes: each lesson's exercises, their arguments, and which are extensions.

Others rely on these names and arguments. A lesson may add exercises; it may not drop or rename
these. `EXERCISES[lesson]` maps a name to its arguments in order; a class to those of `__init__`,
or to None where the syllabus leaves them open.
"""

EXERCISES: dict[str, dict[str, str | None]] = {
    "00_why_deep_learning": {
        "left_right_symmetry": "image",
        "standardize": "X",
    },
    "01_perceptron": {
        "weighted_sum": "x, w, b",
        "step": "z",
        "perceptron_predict": "X, w, b",
        "boundary_line": "w, b",
        "perceptron_update": "x, y, w, b, learning_rate",
        "train_perceptron": "X, y, learning_rate, epochs",
    },
    "02_activations": {
        "sigmoid": "z",
        "tanh_from_sigmoid": "z",
        "relu": "z",
        "leaky_relu": "z, slope",
        "sigmoid_derivative": "z",
        "tanh_derivative": "z",
        "relu_derivative": "z",
        "collapse_linear_layers": "W1, b1, W2, b2",
        "softmax": "logits",
    },
    "03_networks": {
        "dense": "X, W, b",
        "init_dense": "n_inputs, n_outputs, rng",
        "one_hidden_layer": "X, W1, b1, W2, b2",
        "deep_forward": "X, layers",
        "count_parameters": "sizes",
        "xor_network": "",
    },
    "04_losses": {
        "mean_squared_error": "y_hat, y",
        "binary_cross_entropy": "y_hat, y",
        "bce_with_logits": "z, y",
        "cross_entropy": "logits, labels",
        "mse_gradient": "y_hat, y",
        "bce_with_logits_gradient": "z, y",
        "cross_entropy_gradient": "logits, labels",
        "loss_surface": "w0_values, w1_values, x, y",
    },
    "05_gradient_descent": {
        "numerical_gradient": "f, w, epsilon",
        "gradient_step": "w, gradient, learning_rate",
        "gradient_descent": "gradient_of, w0, learning_rate, steps",
        "linear_regression_gradient": "X, y, w, b",
        "logistic_regression_gradient": "X, y, w, b",
        "train_logistic_regression": "X, y, learning_rate, steps",
    },
    "06_backpropagation": {
        "gradient_by_hand": "x, y, w1, w2",
        "topological_order": "parents, output",
        "Value": None,
        "relu_backward": "dA, Z",
        "dense_backward": "dZ, X, W",
        "forward_with_cache": "X, layers",
        "network_gradients": "X, y, layers",
        "gradient_check": "f, gradient, w",
        "train_network": "X, y, layers, learning_rate, steps",
    },
    "07_optimizers": {
        "largest_stable_learning_rate": "hessian",
        "momentum_step": "w, velocity, gradient, learning_rate, beta",
        "adagrad_step": "w, squares, gradient, learning_rate, epsilon",
        "rmsprop_step": "w, squares, gradient, learning_rate, rho, epsilon",
        "adadelta_step": "w, squares, deltas, gradient, rho, epsilon",
        "adam_step": "w, m, v, t, gradient, learning_rate, beta1, beta2, epsilon",
        "step_decay": "learning_rate, epoch, drop, every",
        "warmup_cosine": "learning_rate, step, warmup_steps, total_steps",
    },
    "08_batching": {
        "minibatches": "n, batch_size, rng",
        "minibatch_gradient": "X, y, w, b, indices",
        "train_minibatch": "X, y, batch_size, learning_rate, epochs, rng",
        "gradient_variance": "X, y, w, b, batch_size, trials, rng",
        "data_parallel_gradient": "shards, w, b",
    },
    "09_overfitting": {
        "train_test_split": "X, y, train_fraction, rng",
        "l2_penalty": "layers, strength",
        "l2_gradients": "layers, strength",
        "dropout_forward": "A, rate, rng, training",
        "dropout_backward": "dA, mask",
        "EarlyStopping": "patience, min_delta",
        "best_degree": "X_train, y_train, X_val, y_val, degrees",
    },
    "10_diagnosis": {
        "fit_scaler": "X_train",
        "train_classifier": "X_train, y_train, X_val, y_val, rng",
        "confusion_matrix": "y, y_hat",
        "sensitivity_specificity": "y, y_hat",
        "roc_curve": "y, scores",
        "threshold_for_sensitivity": "y, scores, sensitivity",
    },
}

EXTENSIONS = {
    "tanh_from_sigmoid",
    "leaky_relu",
    "tanh_derivative",
    "cross_entropy_gradient",
    "loss_surface",
    "largest_stable_learning_rate",
    "adagrad_step",
    "adadelta_step",
    "warmup_cosine",
    "best_degree",
    "roc_curve",
}

# A sitting is 45 to 75 minutes; these lessons take two, with the break marked.
TWO_SITTINGS = {"06_backpropagation", "10_diagnosis"}
