"""Reconstructions, samples and filters show what the models give, on honest scales."""

import keras
import numpy as np
import pytest
from matplotlib.colors import to_hex

from keras_regzoo import RegularizedModel
from keras_regzoo.diagnostics import plots
from keras_regzoo.layers import MaskingNoise
from keras_regzoo.models import conv_autoencoder
from tests.diagnostics.figures import (
    IMAGES,
    RNG,
    ROWS,
    Generator,
    limits,
    pictures,
    row_labels,
    small,
)

pytestmark = pytest.mark.one_backend


def test_reconstructions_are_the_models_below_the_inputs_with_their_errors(autoencoder):
    figure = plots.reconstructions(autoencoder, IMAGES, n=4)
    made = autoencoder.reconstruct(IMAGES[:4])
    assert len(figure.axes) == 8
    np.testing.assert_allclose(pictures(figure)[:4], IMAGES[:4, ..., 0])
    np.testing.assert_allclose(pictures(figure)[4:], made[..., 0], atol=1e-5)
    assert row_labels(figure) == ["input", "reconstruction"]
    errors = [float(axes.get_xlabel()) for axes in figure.axes[4:]]
    np.testing.assert_allclose(errors, ((made - IMAGES[:4]) ** 2).mean((1, 2, 3)), rtol=6e-3)
    assert limits(figure) == {(0, 1)}


def test_model_that_corrupts_reconstructs_the_corrupted_inputs_shown_and_keeps_its_seeds(denoising):
    seeds = [np.array(variable) for variable in denoising.corruption.variables]
    first, again = (plots.reconstructions(denoising, IMAGES, n=3) for _ in range(2))
    assert row_labels(first) == ["input", "corrupted", "reconstruction"]
    shown = np.array(pictures(first))
    np.testing.assert_array_equal(shown, pictures(again))
    kept = shown[3:6] != 0
    assert 0.2 < kept.mean() < 0.8
    np.testing.assert_allclose(shown[3:6][kept], shown[:3][kept])
    made = denoising.reconstruct(shown[3:6, ..., None])
    np.testing.assert_allclose(shown[6:], made[..., 0], atol=1e-5)
    error = np.mean((made[0] - IMAGES[0]) ** 2)  # against the clean input
    assert float(first.axes[6].get_xlabel()) == pytest.approx(error, rel=6e-3)
    for before, variable in zip(seeds, denoising.corruption.variables, strict=True):
        np.testing.assert_array_equal(before, np.array(variable))


def test_several_models_reconstruct_the_same_corrupted_inputs_under_their_names(
    autoencoder, denoising
):
    noisy = IMAGES + 0.1
    models = {"plain": autoencoder, "denoising": denoising}
    figure = plots.reconstructions(models, IMAGES, n=2, corrupted=noisy)
    assert row_labels(figure) == ["input", "corrupted", "plain", "denoising"]
    expected = [IMAGES, noisy, autoencoder.reconstruct(noisy), denoising.reconstruct(noisy)]
    expected = np.concatenate([rows[:2, ..., 0] for rows in expected])
    np.testing.assert_allclose(pictures(figure), expected, atol=1e-5)
    clean = plots.reconstructions(models, IMAGES)
    assert row_labels(clean) == ["input", "plain", "denoising"]


@pytest.mark.parametrize("kind", [float, int])
def test_inputs_outside_0_and_1_are_drawn_from_the_least_to_the_greatest(kind):
    x = np.linspace(0, 255, 32).reshape(2, 4, 4).astype(kind)
    scaled = keras.Sequential([keras.Input((4, 4)), keras.layers.Rescaling(0.5)])
    figure = plots.reconstructions(scaled, x)
    assert limits(figure) == {(0, 255)}
    np.testing.assert_allclose(pictures(figure)[2:], 0.5 * x, rtol=1e-5)


def test_rows_of_numbers_are_lines_and_images_where_the_shape_is_given():
    model = small((20,))
    figure = plots.reconstructions(model, ROWS, n=2)
    made = model.reconstruct(ROWS[:2])
    lines = [axes.lines[0].get_ydata() for axes in figure.axes]
    np.testing.assert_allclose(lines, [*ROWS[:2], *made], atol=1e-5)
    assert len({axes.get_ylim() for axes in figure.axes}) == 1
    assert figure.axes[0].get_ylim()[0] < ROWS[:2].min()
    images = plots.reconstructions(model, ROWS, n=2, image_shape=(4, 5))
    np.testing.assert_allclose(pictures(images)[:2], ROWS[:2].reshape(2, 4, 5))


def test_images_in_colour_are_drawn_as_they_are():
    x = RNG.uniform(size=(2, 4, 5, 3)).astype("float32")
    same = keras.Sequential([keras.Input((4, 5, 3)), keras.layers.Rescaling(3.0)])
    figure = plots.reconstructions(same, x)
    np.testing.assert_allclose(pictures(figure)[:2], x)
    np.testing.assert_allclose(pictures(figure)[2:], np.clip(3 * x, 0, 1), rtol=1e-6)


def test_pixels_keep_sharp_edges_and_true_proportions(autoencoder):
    axes = plots.reconstructions(autoencoder, IMAGES, n=1).axes[0]
    assert axes.images[0].get_interpolation() == "nearest"
    box = axes.get_window_extent()
    assert box.width / box.height == pytest.approx(5 / 4, rel=0.02)


def test_samples_are_the_models_in_a_grid():
    figure = plots.samples(Generator(), n=5)
    np.testing.assert_allclose(pictures(figure), Generator().sample(5))
    rows = {round(axes.get_position().y0, 3) for axes in figure.axes}
    assert (len(figure.axes), len(rows)) == (5, 2)
    np.testing.assert_allclose(pictures(plots.samples(Generator(), 2, seed=9)), 9.0)


def test_filters_of_a_dense_layer_have_the_inputs_shape_and_one_scale_around_0(autoencoder):
    kernel = autoencoder.encoder.get_weights()[0]
    reach = np.abs(kernel).max()
    for figure in (
        plots.filters(autoencoder),
        plots.filters(autoencoder.encoder),
        plots.filters(autoencoder.encoder.layers[-1], image_shape=(4, 5, 1)),
    ):
        *shown, scale = figure.axes
        assert len(shown) == 3
        expected = [kernel[:, unit].reshape(4, 5) for unit in range(3)]
        np.testing.assert_allclose(pictures(figure)[:3], expected)
        assert {axes.images[0].get_clim() for axes in shown} == {(-reach, reach)}
        np.testing.assert_allclose(scale.get_ylim(), (-reach, reach))
    colours = shown[0].images[0].get_cmap()
    assert to_hex(colours(0.5)) == "#f7f6f6"  # nearly white


def test_filters_of_one_layer_without_a_shape_are_lines(autoencoder):
    figure = plots.filters(autoencoder.encoder.layers[-1], n=2)
    kernel = autoencoder.encoder.get_weights()[0]
    np.testing.assert_allclose([axes.lines[0].get_ydata() for axes in figure.axes], kernel.T[:2])


def test_filters_of_convolutions_are_their_kernels():
    encoder, decoder = conv_autoencoder((8, 8, 1), filters=(4, 6), latent=2)
    kernel = encoder.get_weights()[0]
    np.testing.assert_allclose(
        pictures(plots.filters(encoder, n=3))[:3], [kernel[:, :, 0, unit] for unit in range(3)]
    )
    painted = decoder.get_layer("reconstruction")
    shown = pictures(plots.filters(painted))[:4]
    np.testing.assert_allclose(shown, painted.get_weights()[0][:, :, 0].transpose(2, 0, 1))
    colour, _ = conv_autoencoder((8, 8, 3), filters=(2,), latent=2)
    kernel = colour.get_weights()[0]
    (first, _) = pictures(plots.filters(colour))
    np.testing.assert_allclose(first, 0.5 + 0.5 * kernel[..., 0] / np.abs(kernel).max(), rtol=1e-5)


def test_filters_are_found_in_an_encoder_with_two_heads_and_behind_a_wrapper(autoencoder):
    x = keras.Input((4, 5))
    hidden = keras.layers.Dense(2)(keras.layers.Flatten()(x))
    heads = [keras.layers.Dense(3)(hidden), keras.layers.Dense(3)(hidden)]
    model = keras.Model(x, heads)
    np.testing.assert_allclose(
        pictures(plots.filters(model))[1], model.get_weights()[0][:, 1].reshape(4, 5)
    )
    wrapped = plots.filters(RegularizedModel(autoencoder), image_shape=(4, 5))
    np.testing.assert_allclose(pictures(wrapped), pictures(plots.filters(autoencoder)))


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (
            lambda m: plots.reconstructions(3, IMAGES),
            "`model` must be an autoencoder, with",
        ),
        (lambda m: plots.reconstructions({}, IMAGES), "`model` must hold at least one model"),
        (
            lambda m: plots.reconstructions(m.encoder, IMAGES),
            r"shape of `x`, \(6, 4, 5, 1\)",
        ),
        (lambda m: plots.reconstructions(m, IMAGES, n=0), r"`n` must be an integer in \[1, inf\)"),
        (lambda m: plots.reconstructions(m, []), r"`x` must be an array .* of shape \(0,\)"),
        (lambda m: plots.reconstructions(m, [["a"]]), "`x` must be an array of at least one"),
        (
            lambda m: plots.reconstructions(m, IMAGES, corrupted=IMAGES[:2]),
            r"`corrupted` must have the shape of `x`, \(6, 4, 5, 1\); received \(2, 4, 5, 1\)",
        ),
        (
            lambda m: plots.reconstructions(m, IMAGES, image_shape=(3, 5)),
            "`image_shape` must have as many numbers as an example of `x`, 20",
        ),
        (
            lambda m: plots.reconstructions(m, IMAGES, image_shape=(2, 5, 2)),
            r"`image_shape` must be \(height, width\)",
        ),
        (
            lambda m: plots.reconstructions(m, np.ones((2, 4, 5, 2))),
            r"`x` must hold images .* received examples of shape \(4, 5, 2\): give `image_shape`",
        ),
        (
            lambda m: plots.samples(m),
            "`model` must be a generative model, with a method `sample`; received a Autoencoder",
        ),
        (lambda m: plots.samples(Generator(), n=0), "`n` must be an integer"),
        (lambda m: plots.filters(3), "`layer` must be a `keras` Layer"),
        (
            lambda m: plots.filters(keras.layers.Dense(3)),
            "`layer` must be a built dense or",
        ),
        (lambda m: plots.filters(MaskingNoise(0.1)), "`layer` must be a built dense or"),
        (
            lambda m: plots.filters(conv_autoencoder((8, 8, 1), (4, 6))[0].layers[1]),
            "`layer` must have kernels of 1 or 3 channels; received 4",
        ),
    ],
)
def test_bad_input_is_one_sentence(autoencoder, call, sentence):
    with pytest.raises(ValueError, match=sentence) as raised:
        call(autoencoder)
    assert "\n" not in str(raised.value)
