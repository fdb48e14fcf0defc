"""The stacked autoencoder: both forms by hand, what is saved, and what does not fit."""

import keras
import numpy as np
import pytest

from keras_regzoo.models import StackedAutoencoder, conv_autoencoder, dense_autoencoder
from tests.models.toys import gaussian, numpy_weights

DEEP = ((6, 4), (4, 2))
CHAINED = ((6, 3), (12, 2), (24, 4))


def pairs(widths, **options):
    return [dense_autoencoder((given,), (), code, **options) for given, code in widths]


def applied(model, x):
    kernel, bias = numpy_weights(model)
    return x @ kernel + bias


def randomized(autoencoder):
    rng = np.random.default_rng(0)
    autoencoder.set_weights([rng.normal(0, 0.5, w.shape) for w in autoencoder.get_weights()])
    return autoencoder


def test_deep_form_encodes_codes_and_decodes_in_reverse():
    stages = pairs(DEEP)
    autoencoder = randomized(StackedAutoencoder(stages))
    x = gaussian(5)
    (e1, d1), (e2, d2) = stages
    codes = applied(e2, applied(e1, x))
    made = applied(d1, applied(d2, codes))
    np.testing.assert_allclose(autoencoder.encode(x), codes, rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(autoencoder.reconstruct(x), made, rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(autoencoder.decode(codes), made, rtol=1e-4, atol=1e-4)


def test_chained_stage_sees_input_and_output_of_the_last():
    stages = pairs(CHAINED)
    autoencoder = randomized(StackedAutoencoder(stages, chained=True))
    x = gaussian(5)
    seen = x
    for encode, decode in stages[:-1]:
        seen = np.concatenate([seen, applied(decode, applied(encode, seen))], axis=1)
    codes = applied(stages[-1][0], seen)
    made = applied(stages[-1][1], codes)[:, :6]
    np.testing.assert_allclose(autoencoder.encode(x), codes, rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(autoencoder.reconstruct(x), made, rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(autoencoder.decode(codes), made, rtol=1e-4, atol=1e-4)


def test_chained_form_joins_the_channels_of_images():
    stages = [conv_autoencoder((5, 4, channels), (2,), 3) for channels in (1, 2)]
    autoencoder = StackedAutoencoder(stages, chained=True)
    images = np.random.default_rng(1).uniform(size=(2, 5, 4, 1)).astype("float32")
    (e1, d1), (e2, d2) = stages
    seen = np.concatenate([images, d1.predict(e1.predict(images, verbose=0), verbose=0)], axis=-1)
    made = d2.predict(e2.predict(seen, verbose=0), verbose=0)[..., :1]
    np.testing.assert_allclose(autoencoder.reconstruct(images), made, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(
    ("widths", "options", "chained"),
    [(DEEP, {}, False), (DEEP, {"tied": True}, False), (CHAINED, {}, True)],
)
def test_saved_stack_is_loaded_with_its_stages(tmp_path, widths, options, chained):
    autoencoder = randomized(StackedAutoencoder(pairs(widths, **options), chained))
    autoencoder.compile("sgd", "mse", run_eagerly=True)
    x = gaussian(8)
    autoencoder.fit(x, batch_size=8, verbose=0)
    autoencoder.save(tmp_path / "stacked.keras")
    loaded = keras.saving.load_model(tmp_path / "stacked.keras")
    assert len(loaded.stage_models) == len(widths)
    assert loaded.chained is chained
    assert len(loaded.trainable_variables) == len(autoencoder.trainable_variables)
    np.testing.assert_allclose(loaded.reconstruct(x), autoencoder.reconstruct(x), atol=1e-5)
    before = loaded.get_weights()
    loaded.fit(x, batch_size=8, verbose=0)
    assert all(np.any(a != b) for a, b in zip(before, loaded.get_weights(), strict=True))


def test_deep_stack_of_unbuilt_models_is_built_by_its_data():
    stages = [
        (keras.Sequential([keras.layers.Dense(4)]), keras.Sequential([keras.layers.Dense(6)])),
        (keras.Sequential([keras.layers.Dense(2)]), keras.Sequential([keras.layers.Dense(4)])),
    ]
    autoencoder = StackedAutoencoder(stages)
    autoencoder.compile("sgd", "mse", run_eagerly=True)
    autoencoder.fit(gaussian(4), verbose=0)
    assert autoencoder.encode(gaussian(3)).shape == (3, 2)
    with pytest.raises(ValueError, match="`stages` must hold built models, of known shapes"):
        unbuilt = keras.Sequential([keras.layers.Dense(4)])
        StackedAutoencoder([(unbuilt, pairs(DEEP)[0][1])], chained=True)


@pytest.mark.parametrize(
    ("stages", "chained", "sentence"),
    [
        (lambda: [], False, "`stages` must be a list of at least one pair"),
        (lambda: [pairs(DEEP)[0][0]], False, "`stages` must be a list of pairs"),
        (lambda: pairs(((6, 4), (3, 2))), False, r"take the codes of .* shape \(4,\); .* \(3,\)"),
        (lambda: pairs(((6, 4), (4, 2))), True, r"joined, of .* shape \(12,\); .* takes \(4,\)"),
        (
            lambda: [(pairs(DEEP)[0][0], pairs(DEEP)[1][1])],
            False,
            "`encoder` and `decoder` must fit together",
        ),
    ],
)
def test_stages_that_do_not_fit_are_refused_in_one_sentence(stages, chained, sentence):
    with pytest.raises(ValueError, match=sentence):
        StackedAutoencoder(stages(), chained)
