"""Figures of codes show the codes, and decode where they say; none of their text is cut off."""

import sys

import keras
import numpy as np
import pytest
from matplotlib import pyplot
from matplotlib.colors import to_hex
from sklearn.decomposition import PCA

from keras_regzoo.diagnostics import plots
from keras_regzoo.models import Autoencoder, ConditionalVAE, conditional_dense_autoencoder
from tests.diagnostics.figures import (
    IMAGES,
    RNG,
    ROWS,
    Generator,
    is_cut_off,
    pictures,
    row_labels,
    small,
)

pytestmark = pytest.mark.one_backend


def test_two_codes_are_drawn_as_they_are():
    codes = RNG.normal(size=(30, 2))
    (axes,) = plots.latent_scatter(codes).axes
    np.testing.assert_allclose(axes.collections[0].get_offsets(), codes)
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("code 1", "code 2")


def test_more_codes_are_drawn_by_pca_with_the_variance_explained():
    codes = RNG.normal(size=(50, 4)) * [3, 2, 1, 0.5] + 7
    (axes,) = plots.latent_scatter(codes).axes
    pca = PCA(2).fit(codes)
    shown, expected = np.asarray(axes.collections[0].get_offsets()), pca.transform(codes)
    signs = np.sign((shown * expected).sum(axis=0))
    np.testing.assert_allclose(shown, signs * expected, atol=1e-8)
    for label, number in ((axes.get_xlabel(), 1), (axes.get_ylabel(), 2)):
        share = 100 * pca.explained_variance_ratio_[number - 1]
        assert label == f"component {number} ({share:.0f} % of the variance)"


def test_codes_of_a_model_are_those_it_encodes(autoencoder):
    (axes,) = plots.latent_scatter((autoencoder, IMAGES)).axes
    (same,) = plots.latent_scatter(autoencoder.encode(IMAGES)).axes
    shown, expected = (np.asarray(a.collections[0].get_offsets()) for a in (axes, same))
    np.testing.assert_allclose(shown, expected, atol=1e-5)


def test_codes_of_16_bits_are_drawn():
    ml_dtypes = pytest.importorskip("ml_dtypes")
    codes = np.array([[0.5, 1.0], [2.0, -4.0], [0.0, 8.0]])
    for dtype in ("float16", ml_dtypes.bfloat16):
        figure = plots.latent_scatter(codes.astype(dtype))
        np.testing.assert_array_equal(figure.axes[0].collections[0].get_offsets(), codes)


@pytest.mark.parametrize(
    ("labels", "names"),
    [
        ([3, 1, 3, 2], ["1", "2", "3"]),
        ([1.0, 0.0, 0.0, 1.0], ["0", "1"]),
        ([True, False, True, True], ["False", "True"]),
        (["b", "a", "b", "b"], ["a", "b"]),
        (np.array([["b"], ["a"], ["b"], ["b"]], object), ["a", "b"]),
    ],
)
def test_classes_have_a_colour_each_and_a_legend(labels, names):
    (axes,) = plots.latent_scatter(RNG.normal(size=(4, 2)), labels).axes
    legend = axes.get_legend()
    assert [text.get_text() for text in legend.get_texts()] == names
    colours = dict(zip(names, [to_hex(h.get_color()) for h in legend.legend_handles], strict=True))
    assert len(set(colours.values())) == len(names)
    given = [f"{each:g}" if isinstance(each, float) else str(each) for each in np.ravel(labels)]
    shown = [to_hex(colour) for colour in axes.collections[0].get_facecolors()]
    assert shown == [colours[each] for each in given]


@pytest.mark.parametrize("labels", [np.linspace(0, 1, 12), np.arange(12)])
def test_numbers_have_a_colour_scale(labels):
    axes, scale = plots.latent_scatter(RNG.normal(size=(12, 2)), labels).axes
    np.testing.assert_allclose(axes.collections[0].get_array(), labels)
    assert scale.get_ylim() == (labels.min(), labels.max())
    assert axes.get_legend() is None


def test_traversals_move_one_unit_of_the_first_code_along_what_it_takes(autoencoder):
    codes = autoencoder.encode(IMAGES)
    figure = plots.traversals(autoencoder, IMAGES, steps=3)
    order = np.argsort(-codes.var(axis=0))
    labels = [label.split("\n")[0] for label in row_labels(figure)]
    assert labels == [f"latent {unit}" for unit in order]
    shown = np.array(pictures(figure)).reshape(3, 3, 4, 5, 1)
    for unit, row in zip(order, shown, strict=True):
        moved = np.repeat(codes[:1], 3, axis=0)
        moved[:, unit] = np.linspace(codes[:, unit].min(), codes[:, unit].max(), 3)
        np.testing.assert_allclose(row, autoencoder.decode(moved), atol=1e-4)


def test_traversals_without_inputs_start_from_zero_and_run_from_minus_3_to_3(autoencoder):
    figure = plots.traversals(autoencoder, latents=[2, 0], steps=2)
    assert row_labels(figure) == ["latent 2\n−3 to 3", "latent 0\n−3 to 3"]
    codes = np.array([[0, 0, -3], [0, 0, 3], [-3, 0, 0], [3, 0, 0]], "float32")
    np.testing.assert_allclose(pictures(figure), autoencoder.decode(codes)[..., 0], atol=1e-5)
    given = plots.traversals(autoencoder, IMAGES[:1], latents=[1], range=(-1.0, 2.0), steps=2)
    codes = np.repeat(autoencoder.encode(IMAGES[:1]), 2, axis=0)
    codes[:, 1] = -1, 2
    np.testing.assert_allclose(pictures(given), autoencoder.decode(codes)[..., 0], atol=1e-5)


def test_at_most_eight_latents_are_moved_unless_named():
    model = small(latent=10)
    assert len(plots.traversals(model, steps=2).axes) == 2 * 8
    assert len(plots.traversals(model, latents=list(range(10)), steps=2).axes) == 2 * 10


def test_interpolation_decodes_the_straight_line_between_codes(autoencoder):
    figure = plots.interpolation(autoencoder, IMAGES[:2], IMAGES[2:4], steps=4)
    codes = autoencoder.encode(IMAGES[:4])
    line = [(1 - t) * codes[:2] + t * codes[2:] for t in (0, 1 / 3, 2 / 3, 1)]
    expected = autoencoder.decode(np.stack(line, axis=1).reshape(8, 3))
    np.testing.assert_allclose(pictures(figure), expected[..., 0], atol=1e-5)
    captions = [axes.get_xlabel() for axes in figure.axes]
    assert captions == ["", "", "", "", "0.00", "0.33", "0.67", "1.00"]


@pytest.fixture(scope="module")
def conditional():
    keras.utils.set_random_seed(1)
    ends = conditional_dense_autoencoder((4, 5, 1), 3, hidden=(), latent=3)
    return ConditionalVAE(*ends, classes=3)


def test_conditional_models_are_shown_under_their_conditions(conditional):
    labels = np.arange(6) % 3
    given = [IMAGES, labels]
    shown = pictures(plots.reconstructions(conditional, given, n=2))[2:]
    made = conditional.reconstruct([IMAGES[:2], labels[:2]])
    np.testing.assert_allclose(shown, made[..., 0], atol=1e-5)
    between = plots.interpolation(conditional, [IMAGES[:1], [0]], [IMAGES[1:2], [2]], steps=3)
    made = conditional.interpolate([IMAGES[:1], [0]], [IMAGES[1:2], [2]], 3)[0]
    np.testing.assert_allclose(pictures(between), made[..., 0], atol=1e-5)
    moved = plots.traversals(conditional, [IMAGES[1:2], [1]], [2], (-1.0, 2.0), steps=2)
    codes = np.repeat(conditional.encode([IMAGES[1:2], [1]]), 2, axis=0)
    codes[:, 2] = -1, 2
    made = conditional.decode([codes, [1, 1]])
    np.testing.assert_allclose(pictures(moved), made[..., 0], atol=1e-5)
    (axes,) = plots.latent_scatter((conditional, given), labels).axes
    (same,) = plots.latent_scatter(conditional.encode(given), labels).axes
    offsets, expected = (np.asarray(a.collections[0].get_offsets()) for a in (axes, same))
    np.testing.assert_allclose(offsets, expected, atol=1e-5)


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (
            lambda m: plots.reconstructions(m, IMAGES),
            "^`x` must be a list of inputs and cond.* a n",
        ),
        (lambda m: plots.traversals(m), "^`x` must be a list of inputs and conditions for a Con"),
        (
            lambda m: plots.interpolation(m, [IMAGES], [IMAGES, [0] * 6]),
            "^`a` must be a list of inputs and conditions .*; received 1 parts",
        ),
        (
            lambda m: plots.latent_scatter((m, [IMAGES, [0, 1]])),
            r"^`x` must hold a condition for each of its 6 inputs; received some of shape \(2,\)",
        ),
    ],
)
def test_conditions_left_out_are_one_sentence(conditional, call, sentence):
    with pytest.raises(ValueError, match=sentence) as raised:
        call(conditional)
    assert "\n" not in str(raised.value)


def figures(autoencoder, denoising):
    lines = small((20,))
    codes = 1e4 * RNG.normal(size=(30, 3))
    long = [f"a class with a long name {number % 10}" for number in range(30)]
    yield plots.reconstructions(autoencoder, IMAGES, n=1)
    yield plots.reconstructions({"a model with quite a long name": denoising}, IMAGES)
    yield plots.reconstructions(lines, -1e4 * ROWS, n=1)
    yield plots.filters(autoencoder, n=1)
    yield plots.filters(autoencoder, n=3)
    yield plots.filters(lines)
    yield plots.samples(Generator(), n=3)
    yield plots.latent_scatter(codes, long)
    yield plots.latent_scatter(codes, codes[:, 0])
    yield plots.traversals(autoencoder, range=(-123456.0, -12345.0))
    yield plots.traversals(lines)
    yield plots.interpolation(autoencoder, IMAGES[:1], IMAGES[1:2])


def test_nothing_is_cut_off_at_the_edge(autoencoder, denoising):
    assert [is_cut_off(figure) for figure in figures(autoencoder, denoising)] == [False] * 12
    assert pyplot.get_fignums() == []  # none is kept by a window manager


def test_text_that_is_cut_off_would_be_seen():
    figure = plots.samples(Generator(), n=1)
    figure.text(0.5, 0.5, "much longer than the figure is wide")
    assert is_cut_off(figure)


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda m: plots.latent_scatter(np.ones((5, 1))), r"two units; received shape \(5, 1\)"),
        (lambda m: plots.latent_scatter(np.full((5, 2), np.nan)), "numbers that are not"),
        (
            lambda m: plots.latent_scatter(ROWS, [1, 2]),
            r"`labels` must be one for each of the 6 codes; received shape \(2,\)",
        ),
        (lambda m: plots.latent_scatter(ROWS, [np.nan] * 6), "`labels` must be finite numbers"),
        (
            lambda m: plots.latent_scatter(np.ones((11, 2)), list("abcdefghijk")),
            "`labels` must be at most 10 kinds of text, or numbers; received 11 kinds",
        ),
        (lambda m: plots.traversals(Generator()), "with a method `decode`; received a Generator"),
        (lambda m: plots.traversals(m, latents=[3]), r"`latents` must be an integer in \[0, 2\]"),
        (lambda m: plots.traversals(m, latents=[]), "`latents` must be a list of units"),
        (lambda m: plots.traversals(m, range=(3, 1)), r"`range` must be a number in \(3.0, inf\)"),
        (lambda m: plots.traversals(m, steps=1), r"`steps` must be an integer in \[2, inf\)"),
        (lambda m: plots.interpolation(m, IMAGES, IMAGES[:1]), "`b` must have the shape of `a`"),
        (lambda m: plots.interpolation(Generator(), IMAGES, IMAGES), "a method `interpolate`"),
    ],
)
def test_bad_input_is_one_sentence(autoencoder, call, sentence):
    with pytest.raises(ValueError, match=sentence) as raised:
        call(autoencoder)
    assert "\n" not in str(raised.value)


def test_codes_that_are_no_vectors_cannot_be_moved_along():
    encoder = keras.Sequential([keras.Input((4, 5, 1)), keras.layers.Conv2D(2, 1)])
    decoder = keras.Sequential([keras.Input((4, 5, 2)), keras.layers.Conv2D(1, 1)])
    model = Autoencoder(encoder, decoder)
    with pytest.raises(ValueError, match=r"vectors as codes to move along; .* \(4, 5, 2\)"):
        plots.traversals(model, IMAGES)
    with pytest.raises(ValueError, match="`model` must have a `decoder` with vectors as inputs"):
        plots.traversals(model)
    assert plots.latent_scatter((model, IMAGES)).axes  # each position is a unit


def test_missing_extra_is_one_sentence(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(ImportError, match=r'pip install "keras-regzoo\[recipes\]"'):
        plots.latent_scatter(ROWS)
