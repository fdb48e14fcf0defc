"""Sparse dictionaries against NumPy, and on data made of known atoms."""

import functools

import keras
import numpy as np
import pytest
from keras import ops

from keras_regzoo.backend import numpy_value, value_and_grad
from keras_regzoo.callbacks import ResampleDeadLatents, Scheduler
from keras_regzoo.models import JumpReLUDictionary, TopKDictionary
from keras_regzoo.models.dictionary_layers import dead_code, jump_relu
from tests.seeds import set_seed

INPUTS, LATENTS, K = 6, 10, 2


@functools.cache
def sparse_data(inputs=16, atoms=32, active=3, examples=4096, seed=9):
    """Examples that are sums of a few of more unit atoms than there are inputs."""
    rng = np.random.default_rng(seed)
    known = rng.normal(size=(atoms, inputs))
    known /= np.linalg.norm(known, axis=1, keepdims=True)
    order = np.argsort(rng.uniform(size=(examples, atoms)), axis=1)[:, :active]
    codes = np.zeros((examples, atoms))
    np.put_along_axis(codes, order, rng.uniform(0.5, 1.5, size=order.shape), axis=1)
    return (codes @ known).astype("float32"), known


def recovered(dictionary, known):
    """The mean, over the known atoms, of the cosine with the nearest that was learned."""
    return (known @ dictionary.dictionary.T).max(axis=1).mean()


def small(kind=TopKDictionary, **options):
    if kind is TopKDictionary:
        options = {"k": K, "dead_after": 16, **options}
    model = kind(INPUTS, LATENTS, seed=1, **options)
    rng = np.random.default_rng(2)
    parts = model._parts
    parts["analysis"].kernel.assign(rng.normal(size=(INPUTS, LATENTS)))
    parts["analysis"].bias.assign(rng.normal(size=LATENTS) * 0.3)
    parts["atoms"].bias.assign(rng.normal(size=INPUTS) * 0.3)
    model.compile(keras.optimizers.SGD(0.0))
    return model


def inputs(examples=32, seed=3):
    return np.random.default_rng(seed).normal(size=(examples, INPUTS)).astype("float32")


def arrays(model):
    parts = model._parts
    names = (("analysis", "kernel"), ("analysis", "bias"), ("atoms", "kernel"), ("atoms", "bias"))
    return [numpy_value(getattr(parts[part], name)) for part, name in names]


def reference_code(model, x, k=K):
    """Returns pre-activations and the TopK code, in NumPy."""
    v, c, _, b = (each.astype("float64") for each in arrays(model))
    a = (x - b) @ v + c
    positive = np.maximum(a, 0)
    least = np.sort(positive, axis=1)[:, [-k]]
    return a, np.where(positive >= least, positive, 0)


def test_top_k_code_reconstruction_and_logs_are_numpys():
    model, x = small(), inputs()
    _, code = reference_code(model, x)
    _, _, w, b = arrays(model)
    made = code @ w + b
    np.testing.assert_allclose(model.encode(x), code, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(model.reconstruct(x), made, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(model.decode(code.astype("float32")), made, rtol=1e-4, atol=1e-5)
    errors = np.sum((x - made) ** 2, axis=1)
    logs = model.evaluate(x, batch_size=8, verbose=0, return_dict=True)
    assert logs["loss"] == pytest.approx(errors.mean(), rel=1e-4)
    assert logs["reconstruction"] == pytest.approx(errors.mean(), rel=1e-4)
    assert logs["l0"] == pytest.approx(np.count_nonzero(code, axis=1).mean())
    total = np.sum((x - x.mean(axis=0)) ** 2)
    assert logs["explained_variance"] == pytest.approx(1 - errors.sum() / total, abs=1e-4)
    assert logs["dead_fraction"] == pytest.approx(np.mean(~code.any(axis=0)))


def test_auxiliary_loss_is_what_dead_latents_leave_of_the_error():
    model, x = small(auxiliary=0.5, auxiliary_k=2), inputs()
    dead = np.arange(LATENTS) % 2 == 0
    model._parts["use"].idle.assign(16.0 * dead)
    a, code = reference_code(model, x)
    _, _, w, b = arrays(model)
    positive = np.maximum(a, 0) * dead
    chosen = np.where(positive >= np.sort(positive, axis=1)[:, [-2]], positive, 0)
    error = x - code @ w - b
    auxiliary = np.sum((error - chosen @ w) ** 2, axis=1).mean()
    history = model.fit(x, batch_size=32, validation_data=(x,), verbose=0).history
    plain = np.sum(error**2, axis=1).mean()
    assert history["auxiliary"][0] == pytest.approx(auxiliary, rel=1e-4)
    assert history["loss"][0] == pytest.approx(plain + 0.5 * auxiliary, rel=1e-4)
    assert history["val_loss"][0] == pytest.approx(plain, rel=1e-4)


def test_dead_are_latents_that_no_example_has_activated_for_long_enough():
    model, x = small(dead_after=24), inputs(64)
    _, code = reference_code(model, x)
    rare = np.asarray(code[:, 0] > 0)
    x = np.concatenate([x[rare][:1], x[~rare]])[:32]
    _, code = reference_code(model, x)
    active = np.max((code > 0).reshape(4, 8, LATENTS), axis=1)
    latest_first = [[*used, True] for used in active.T[:, ::-1]]
    since = [8 * np.argmax(used) for used in latest_first]
    model.fit(x, batch_size=8, shuffle=False, verbose=0)
    idle = numpy_value(model._parts["use"].idle)
    assert since[0] == 24
    np.testing.assert_array_equal(idle, np.minimum(since, 24))
    np.testing.assert_array_equal(model.dead, np.asarray(since) >= 24)
    model.evaluate(x[1:], verbose=0)
    np.testing.assert_array_equal(ops.convert_to_numpy(model._parts["use"].idle), idle)


def test_without_dead_latents_there_is_no_auxiliary_loss():
    model, x = small(auxiliary=0.5), inputs()
    history = model.fit(x, batch_size=32, verbose=0).history
    assert history["auxiliary"][0] == 0
    assert history["loss"][0] == pytest.approx(history["reconstruction"][0])


def test_dead_code_takes_the_largest_positive_of_the_dead():
    made = dead_code(
        ops.array([[4.0, 3.0, 2.0, 1.0], [1.0, -1.0, 5.0, -2.0]]),
        ops.array([[0.0, 1.0, 1.0, 1.0]]),
        2,
    )
    np.testing.assert_array_equal(ops.convert_to_numpy(made), [[0, 3, 2, 0], [0, 0, 5, 0]])


@pytest.mark.parametrize("bandwidth", [0.1, 0.6])
def test_gradients_of_thresholds_are_the_kernel_estimates(bandwidth):
    """d/dθ Σ (u z + v H) = Σ −(u θ + v) K((a − θ)/ε)/ε;  d/da = u H."""
    rng = np.random.default_rng(5)
    a = rng.normal(size=(200, 3)).astype("float32")
    theta = np.array([0.2, 0.5, 1.0], "float32")
    u, v = rng.normal(size=(2, 200, 3)).astype("float32")

    def weighted(values):
        preactivation, threshold = values
        code, gate = jump_relu(preactivation, threshold, bandwidth)
        to_code, to_gate = ops.convert_to_tensor(u), ops.convert_to_tensor(v)
        return ops.sum(to_code * code + to_gate * gate)

    value, (to_a, to_theta) = value_and_grad(weighted)(
        [ops.convert_to_tensor(a), ops.convert_to_tensor(theta)]
    )
    above = a > theta
    expected = np.sum(u * a * above + v * above)
    assert float(ops.stop_gradient(value)) == pytest.approx(expected, rel=1e-4)
    np.testing.assert_allclose(ops.convert_to_numpy(to_a), u * above, rtol=1e-5)
    kernel = np.abs((a - theta) / bandwidth) < 0.5
    expected = np.sum(-(u * theta + v) * kernel / bandwidth, axis=0)
    assert kernel.any(axis=0).all()
    np.testing.assert_allclose(ops.convert_to_numpy(to_theta), expected, rtol=1e-4)


def test_jump_relu_loss_and_step_of_the_thresholds_are_numpys():
    strength, bandwidth, rate = 0.3, 0.5, 0.01
    model = small(JumpReLUDictionary, strength=strength, bandwidth=bandwidth, threshold=0.4)
    model.compile(keras.optimizers.SGD(rate))
    x = inputs()
    v, c, w, b = (each.astype("float64") for each in arrays(model))
    a = (x - b) @ v + c
    code = np.where(a > 0.4, a, 0)
    difference = x - code @ w - b
    loss = np.mean(np.sum(difference**2, axis=1) + strength * np.count_nonzero(code, axis=1))
    logs = model.evaluate(x, verbose=0, return_dict=True)
    assert logs["loss"] == pytest.approx(loss, rel=1e-4)
    assert logs["l0"] == pytest.approx(np.count_nonzero(code, axis=1).mean())
    to_code = -2 * difference @ w.T
    kernel = np.abs((a - 0.4) / bandwidth) < 0.5
    to_theta = np.mean(-(to_code * 0.4 + strength) * kernel / bandwidth, axis=0)
    history = model.fit(x, batch_size=32, verbose=0).history
    assert history["loss"][0] == pytest.approx(loss, rel=1e-4)
    expected = 0.4 * np.exp(-rate * to_theta * 0.4)
    np.testing.assert_allclose(model.thresholds, expected, rtol=1e-4)
    np.testing.assert_allclose(np.linalg.norm(model.dictionary, axis=1), 1, atol=1e-5)


def test_encoder_begins_as_the_transposed_decoder():
    v, c, w, b = arrays(TopKDictionary(INPUTS, LATENTS, k=2, seed=4))
    np.testing.assert_allclose(v, w.T, atol=1e-6)
    np.testing.assert_allclose(np.linalg.norm(w, axis=1), 1, atol=1e-5)
    assert not c.any() and not b.any()


@pytest.mark.one_backend
def test_top_k_recovers_the_atoms_of_sparse_data():
    keras.utils.set_random_seed(0)
    x, known = sparse_data()
    model = TopKDictionary(16, 48, k=3, dead_after=2048, seed=0)
    model.compile(keras.optimizers.Adam(3e-3))
    assert recovered(model, known) < 0.75
    history = model.fit(x, batch_size=128, epochs=25, verbose=0).history
    assert recovered(model, known) > 0.9
    assert history["explained_variance"][-1] > 0.8
    np.testing.assert_allclose(np.linalg.norm(model.dictionary, axis=1), 1, atol=1e-5)


@pytest.mark.one_backend
def test_jump_relu_recovers_the_atoms_of_sparse_data_and_how_many_are_active():
    keras.utils.set_random_seed(0)
    x, known = sparse_data()
    model = JumpReLUDictionary(16, 48, strength=0.1, bandwidth=0.2, threshold=0.3, seed=0)
    model.compile(keras.optimizers.Adam(5e-3))
    history = model.fit(x, batch_size=64, epochs=25, verbose=0).history
    assert recovered(model, known) > 0.9
    assert history["l0"][-1] == pytest.approx(3, abs=0.4)


def killed(**options):
    """A dictionary of which half the latents are too small to be among the largest."""
    x, _ = sparse_data()
    model = TopKDictionary(16, 32, k=3, dead_after=1024, seed=0, **options)
    dead = np.arange(32) < 16
    model._parts["analysis"].kernel.assign(arrays(model)[0] * np.where(dead, 0.02, 1.0))
    model._parts["use"].idle.assign(1024.0 * dead)
    model.compile(keras.optimizers.Adam(1e-3))
    return model, x


@pytest.mark.one_backend
def test_auxiliary_loss_revives_dead_latents():
    left = []
    for auxiliary in (0.0, 0.25):
        model, x = killed(auxiliary=auxiliary)
        model.fit(x, batch_size=128, epochs=6, verbose=0)
        left.append(int(model.dead.sum()))
    assert left[0] >= 8
    assert left[1] < 0.5 * left[0]


def test_resampling_gives_dead_latents_examples_and_nothing_else_changes():
    keras.utils.set_random_seed(0)
    model, x = killed(auxiliary=0.0)
    model.fit(x[:512], batch_size=128, verbose=0)
    chosen = np.arange(32) >= 27
    model._parts["analysis"].bias.assign(np.where(chosen, -9.0, 0.0))
    model._parts["use"].idle.assign(np.where(chosen, 1024.0, 3.0))
    v, c, w, b = arrays(model)
    moments = [numpy_value(each) for each in model.optimizer.variables]
    assert model.resample(x, seed=1) == 5
    new_v, new_c, new_w, new_b = arrays(model)
    np.testing.assert_array_equal(new_w[:27], w[:27])
    np.testing.assert_array_equal(new_v[:, :27], v[:, :27])
    np.testing.assert_array_equal(new_c[:27], c[:27])
    np.testing.assert_array_equal(new_b, b)
    directions = (x - b) / np.linalg.norm(x - b, axis=1, keepdims=True)
    np.testing.assert_allclose((new_w[27:] @ directions.T).max(axis=1), 1, atol=1e-5)
    norms = np.linalg.norm(new_v[:, 27:], axis=0)
    assert (norms >= 0.999 * 0.2 * np.linalg.norm(v[:, :27], axis=0).mean()).all()
    np.testing.assert_allclose(new_v[:, 27:], norms * new_w[27:].T, rtol=1e-4, atol=1e-6)
    assert not new_c[27:].any()
    assert not model.dead.any() and model.resample(x) == 0
    for before, variable in zip(moments, model.optimizer.variables, strict=True):
        after = ops.convert_to_numpy(variable)
        dead = {(32, 16): np.s_[27:], (16, 32): np.s_[:, 27:], (32,): np.s_[27:]}.get(after.shape)
        if dead is not None:
            assert before[dead].any() or after.shape != (16, 32)
            assert not after[dead].any()
            before[dead] = 0
        np.testing.assert_array_equal(after, before)


def test_resampled_examples_are_those_reconstructed_badly():
    model, x = killed(auxiliary=0.0)
    direction = np.linalg.qr(np.random.default_rng(8).normal(size=(16, 16)))[0][0]
    x = np.concatenate([0.01 * x[:500], 5 * direction[None]]).astype("float32")
    assert model.resample(x, seed=0) == 16
    np.testing.assert_allclose(model.dictionary[:16] @ direction, 1, atol=1e-5)


def test_resampled_latents_are_just_among_the_k_of_their_examples_and_are_used():
    left = []
    for resampled in (False, True):
        keras.utils.set_random_seed(0)
        model, x = killed(auxiliary=0.0)
        codes, usual = (
            model.encode(x),
            0.2 * np.linalg.norm(arrays(model)[0][:, 16:], axis=0).mean(),
        )
        if resampled:
            assert model.resample(x, seed=1) == 16
            v, _, w, b = arrays(model)
            distances = np.linalg.norm(x - b, axis=1)
            own = np.argmax((x - b) @ w[:16].T / distances[:, None], axis=0)
            least = np.where(codes > 0, codes, np.inf).min(axis=1)[own]
            expected = np.maximum(1.001 * least, usual * distances[own])
            preactivation = np.diagonal((x[own] - b) @ v[:, :16])
            np.testing.assert_allclose(preactivation, expected, rtol=1e-4)
            assert (model.encode(x)[:, :16] > 0).any(axis=0).sum() >= 12
        model.fit(x, batch_size=128, epochs=6, verbose=0)
        left.append(model.evaluate(x, verbose=0, return_dict=True))
    assert left[1]["dead_fraction"] < 0.1 < 0.4 < left[0]["dead_fraction"]
    assert left[1]["reconstruction"] < 0.8 * left[0]["reconstruction"]


def test_callback_resamples_at_its_steps():
    model, x = killed(auxiliary=0.0)
    model._parts["analysis"].bias.assign(np.where(np.arange(32) < 16, -9.0, 0.0))
    resampling = ResampleDeadLatents(x, every=3, times=2, examples=600)
    history = model.fit(
        x[:512], batch_size=128, epochs=3, shuffle=False, callbacks=[resampling], verbose=0
    ).history
    assert history["resampled"][0] >= 16 and resampling.resamplings == 2
    assert history["resampled"][-1] == resampling.resampled
    assert not np.any(arrays(model)[1] < -1)


def test_resampling_refuses_bad_examples_in_one_sentence():
    model = small()
    for given, sentence in (
        (np.full((4, model.dictionary.shape[1]), np.nan), "must hold finite numbers"),
        (np.zeros((4, 1 + model.dictionary.shape[1])), "must hold examples of shape"),
        (iter([inputs()]), "must be an array of inputs, batch first"),
    ):
        with pytest.raises(ValueError, match=rf"^`x` {sentence}[^\n]*$"):
            model.resample(given)


def test_first_atoms_depend_on_the_seed_that_keras_is_given():
    made = []
    for seed in (0, 0, 1):
        set_seed(seed)
        made.append(TopKDictionary(6, latents=9, k=2).dictionary)
    np.testing.assert_array_equal(made[0], made[1])
    assert np.abs(made[0] - made[2]).max() > 0.1


def test_callback_refuses_other_models():
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(2)])
    model.compile("sgd", "mse")
    x = np.ones((4, 2), "float32")
    with pytest.raises(ValueError, match=r"must be a sparse dictionary.*Sequential"):
        model.fit(x, x, verbose=0, callbacks=[ResampleDeadLatents(x)])


def test_strengths_can_be_scheduled():
    x = inputs()
    top = small()
    schedule = Scheduler("top_k/k", lambda epoch: 2 - epoch)
    history = top.fit(x, epochs=2, verbose=0, callbacks=[schedule]).history
    assert history["l0"][1] <= 1 < history["l0"][0]
    jump = small(JumpReLUDictionary)
    schedule = Scheduler("dictionary_loss/strength", lambda epoch: float(epoch))
    history = jump.fit(x, epochs=2, verbose=0, callbacks=[schedule]).history
    assert np.diff(history["loss"])[0] == pytest.approx(history["l0"][0], rel=1e-4)


@pytest.mark.parametrize("kind", [TopKDictionary, JumpReLUDictionary])
def test_loaded_dictionary_is_the_same(tmp_path, kind):
    model, x = small(kind), inputs()
    model.fit(x, verbose=0)
    model.save(tmp_path / "dictionary.keras")
    loaded = keras.saving.load_model(tmp_path / "dictionary.keras")
    np.testing.assert_allclose(loaded.encode(x), model.encode(x), atol=1e-6)
    np.testing.assert_array_equal(loaded.dictionary, model.dictionary)
    np.testing.assert_array_equal(loaded.dead, model.dead)
    loaded.fit(x, verbose=0)


def test_compile_takes_no_loss():
    with pytest.raises(ValueError, match="`loss` must be left out"):
        small().compile("adam", "mse")
