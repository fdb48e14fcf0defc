"""Vector quantization: nearest codes, the straight-through gradient, the moving codebook."""

import keras
import numpy as np
import pytest
from keras import ops
from scipy.spatial.distance import cdist

import keras_regzoo
from keras_regzoo.backend import value_and_grad
from keras_regzoo.layers import VectorQuantizer
from keras_regzoo.objectives import SharpnessAware
from tests.backends import HAS_XLA
from tests.layers.noise import numpy

RNG = np.random.default_rng(0)
X = RNG.normal(size=(40, 3)).astype("float32")
CODEBOOK = RNG.normal(size=(7, 3)).astype("float32")


def quantizer(codebook=CODEBOOK, **options):
    layer = VectorQuantizer(len(codebook), **{"revival": 0.0, "seed": 1, **options})
    layer.build((None, codebook.shape[1]))
    layer.codebook.assign(codebook)
    return layer


def moved(x, codebook, counts, sums, decay):
    """One step of the paper's averages N and m, in NumPy."""
    nearest = cdist(x, codebook).argmin(axis=1)
    uses = np.eye(len(codebook))[nearest]
    counts = decay * counts + (1 - decay) * uses.sum(axis=0)
    sums = decay * sums + (1 - decay) * uses.T @ x
    return sums / counts[:, None], counts, sums


@pytest.mark.parametrize("training", [True, False])
def test_each_vector_becomes_its_nearest_code(training):
    nearest = cdist(X, CODEBOOK).argmin(axis=1)
    layer = quantizer()
    np.testing.assert_array_equal(numpy(layer.nearest(X)), nearest)
    np.testing.assert_array_equal(numpy(layer(X, training=training)), CODEBOOK[nearest])


def test_vectors_of_a_map_are_quantized_one_by_one():
    maps = X.reshape(2, 4, 5, 3)
    nearest = cdist(X, CODEBOOK).argmin(axis=1)
    layer = quantizer()
    np.testing.assert_array_equal(numpy(layer(maps)).reshape(40, 3), CODEBOOK[nearest])
    np.testing.assert_array_equal(numpy(layer.nearest(maps)), nearest.reshape(2, 4, 5))


def test_gradient_passes_straight_through():
    layer = quantizer(commitment=0.0)
    factors = ops.array(RNG.normal(size=X.shape).astype("float32"))

    def loss(x):
        return ops.sum(layer(x, training=True) * factors)

    np.testing.assert_array_equal(numpy(value_and_grad(loss)(ops.array(X))[1]), numpy(factors))


@pytest.mark.parametrize("training", [True, False])
def test_commitment_is_the_mean_squared_distance_and_pulls_towards_the_code(training):
    layer = quantizer(commitment=0.4)

    def loss(x):
        layer(x, training=training)
        return sum(layer.losses)

    distances = cdist(X, CODEBOOK, "sqeuclidean")
    value, gradient = value_and_grad(loss)(ops.array(X))
    assert float(numpy(value)) == pytest.approx(0.4 * distances.min(axis=1).mean(), rel=1e-5)
    expected = 0.4 * 2 * (X - CODEBOOK[distances.argmin(axis=1)]) / len(X)
    np.testing.assert_allclose(numpy(gradient), expected, rtol=1e-4, atol=1e-7)


@pytest.mark.parametrize("decay", [0.0, 0.5, 0.99])
def test_codebook_follows_the_averages_of_the_paper(decay):
    layer = quantizer(decay=decay)
    codebook, counts, sums = CODEBOOK, np.ones(7), CODEBOOK.astype("float64")
    for batch in (X[:20], X[20:], X[10:30]):
        layer(batch, training=True)
        with np.errstate(invalid="ignore"):
            following, counts, sums = moved(batch, codebook, counts, sums, decay)
        codebook = np.where(counts[:, None] > 0, following, codebook)
        sums = counts[:, None] * codebook
        np.testing.assert_allclose(numpy(layer.codebook), codebook, rtol=1e-4, atol=1e-5)
        np.testing.assert_allclose(numpy(layer.counts), counts, rtol=1e-5, atol=1e-7)


def test_codebook_rests_at_inference_and_when_frozen():
    layer = quantizer()
    layer(X, training=False)
    layer.trainable = False
    layer(X, training=True)
    np.testing.assert_array_equal(numpy(layer.codebook), CODEBOOK)
    np.testing.assert_array_equal(numpy(layer.counts), 1.0)


def test_dead_codes_become_vectors_of_the_batch():
    far = np.concatenate([CODEBOOK[:4], np.full((3, 3), 100.0, "float32")])
    layer = quantizer(far, decay=0.5, revival=0.5)
    layer(X, training=True)
    revived = numpy(layer.codebook)[4:]
    assert np.all(cdist(revived, X).min(axis=1) == 0)
    counts = numpy(layer.counts)
    assert np.all(counts[4:] == counts[4])
    assert counts[4] > 0.5 * counts.mean()


def test_codes_in_use_are_not_revived():
    layer, left = quantizer(revival=0.01), quantizer(revival=0.0)
    for each in (layer, left):
        each(X, training=True)
    np.testing.assert_array_equal(numpy(layer.codebook), numpy(left.codebook))


def test_unused_code_outlives_the_underflow_of_its_count():
    codebook = np.array([[0.0], [100.0]], "float32")
    layer = quantizer(codebook, decay=0.01)
    for _ in range(40):
        layer(np.zeros((4, 1)), training=True)
    np.testing.assert_array_equal(numpy(layer.codebook), codebook)


def fitted(layer, wrap=lambda model: model, **compiled):
    model = keras.Sequential([keras.Input((3,)), layer, keras.layers.Dense(3)])
    model = wrap(model)
    model.compile(keras.optimizers.SGD(0.0), "mse", **compiled)
    return model, model.fit(X, X, batch_size=10, epochs=2, shuffle=False, verbose=0).history


@pytest.mark.parametrize(
    "wrap",
    [lambda model: model, lambda m: keras_regzoo.RegularizedModel(m, [SharpnessAware(0.05)])],
    ids=["plain", "two passes"],
)
def test_compiled_fit_moves_the_codebook_once_a_step_and_logs_the_perplexity(wrap):
    layer = quantizer(decay=0.8, name="quantizer")
    several = 4 if HAS_XLA else 1
    model, logs = fitted(layer, wrap, jit_compile=HAS_XLA, steps_per_execution=several)
    codebook, counts, sums = CODEBOOK, np.ones(7), CODEBOOK.astype("float64")
    perplexities = []
    for _ in range(2):
        for batch in X.reshape(4, 10, 3):
            codebook, counts, sums = moved(batch, codebook, counts, sums, 0.8)
        shares = counts / counts.sum()
        perplexities.append(np.exp(-np.sum(shares * np.log(shares))))
    np.testing.assert_allclose(numpy(layer.codebook), codebook, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(logs["quantizer/perplexity"], perplexities, rtol=1e-5)
    evaluated = model.evaluate(X, X, verbose=0, return_dict=True)
    assert evaluated["quantizer/perplexity"] == pytest.approx(perplexities[-1], rel=1e-5)
    commitment = 0.25 * cdist(X, codebook, "sqeuclidean").min(axis=1).mean()
    expected = np.square(numpy(model(X)) - X).mean() + commitment
    assert evaluated["loss"] == pytest.approx(expected, rel=1e-4)


def test_counts_are_of_the_batch_and_far_codes_come_to_use():
    """A codebook far from the data is one code in use without revival, many with."""
    far = 50.0 + CODEBOOK
    used = []
    for revival in (0.0, 0.2):
        layer = quantizer(far, decay=0.7, revival=revival, name="quantizer")
        for _ in range(30):
            layer(X, training=True)
        used.append(len(np.unique(numpy(layer.nearest(X)))))
    assert used[0] == 1
    assert used[1] == 7


def test_codes_of_an_unbuilt_layer_are_refused_in_one_sentence():
    with pytest.raises(ValueError, match="must be built or called before codes can be told"):
        VectorQuantizer(4).nearest(ops.ones((2, 3)))


def test_padding_that_a_mask_leaves_out_moves_nothing():
    far = np.concatenate([CODEBOOK[:5], np.zeros((2, 3), "float32")])
    padded = np.concatenate([X.reshape(10, 4, 3), np.zeros((10, 6, 3), "float32")], axis=1)
    layer, expected = (quantizer(far, decay=0.5) for _ in range(2))
    model = keras.Sequential([keras.Input((10, 3)), keras.layers.Masking(), layer])
    model(padded, training=True)
    expected(X, training=True)
    for name in ("codebook", "counts"):
        made, wanted = (numpy(getattr(each, name)) for each in (layer, expected))
        np.testing.assert_allclose(made, wanted, rtol=1e-5, atol=1e-6)
    assert float(layer.losses[0]) == pytest.approx(float(expected.losses[0]), rel=1e-5)


def test_no_code_is_revived_as_padding():
    far = np.full((7, 3), 100.0, "float32")
    padded = np.concatenate([np.zeros((10, 6, 3), "float32"), X.reshape(10, 4, 3)], axis=1)
    layer = quantizer(far, decay=0.5, revival=0.9)
    model = keras.Sequential([keras.Input((10, 3)), keras.layers.Masking(), layer])
    model(padded, training=True)
    revived = numpy(layer.codebook)[1:]
    assert np.all(cdist(revived, X).min(axis=1) == 0)
