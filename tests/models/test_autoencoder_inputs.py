"""What any autoencoder refuses before the first step, and the line between two codes."""

import keras
import numpy as np
import pytest

from keras_regzoo import RegularizedModel
from keras_regzoo.models import (
    Autoencoder,
    ContrastiveAutoencoder,
    DenoisingAutoencoder,
    VariationalAutoencoder,
    dense_autoencoder,
)
from keras_regzoo.models.inputs import check_data
from tests.models.toys import gaussian, linear

SENTENCE = r"`{}` must hold finite numbers; received an array of shape \(8, 6\) with NaN or infinit"


def compiled(cls=Autoencoder):
    autoencoder = cls(*linear(2))
    autoencoder.compile("sgd", "mse", run_eagerly=True)
    return autoencoder


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("argument", ["x", "y"])
def test_numbers_that_are_not_finite_are_refused_with_nothing_trained(argument, value):
    autoencoder = compiled()
    before = autoencoder.get_weights()
    data = {"x": gaussian(8), "y": gaussian(8)}
    data[argument][3, 2] = value
    with pytest.raises(ValueError, match=SENTENCE.format(argument)):
        autoencoder.fit(**data, verbose=0)
    for now, then in zip(autoencoder.get_weights(), before, strict=True):
        np.testing.assert_array_equal(now, then)


@pytest.mark.parametrize("cls", [Autoencoder, DenoisingAutoencoder])
@pytest.mark.parametrize("shape", [(8,), (8, 1), (8, 5)])
def test_labels_are_refused_where_none_are_used(cls, shape):
    with pytest.raises(ValueError, match=r"of shape \(6,\) for each example \(labels are not used"):
        compiled(cls).fit(gaussian(8), np.zeros(shape), verbose=0)


class Feed(keras.utils.PyDataset):
    def __init__(self, *batch):
        super().__init__()
        self.batch = batch

    def __len__(self):
        return 1

    def __getitem__(self, index):
        return self.batch


@pytest.mark.parametrize("cls", [Autoencoder, ContrastiveAutoencoder])
@pytest.mark.parametrize("targets", [np.zeros((8, 2)), np.full((8, 6), np.nan)])
def test_targets_that_do_not_fit_are_refused_in_validation_data_with_nothing_trained(cls, targets):
    autoencoder = compiled(cls)
    for held_out in ((gaussian(8), targets), [gaussian(8), targets], Feed(gaussian(8), targets)):
        with pytest.raises(ValueError, match=r"`validation_data\[1\]` must (be left|hold finite)"):
            autoencoder.fit(gaussian(8), validation_data=held_out, verbose=0)
    assert int(autoencoder.optimizer.iterations) == 0


def test_labels_in_a_feed_are_refused_before_the_first_step():
    autoencoder = compiled()
    with pytest.raises(ValueError, match=r"`y` must be left out, .*labels are not used"):
        autoencoder.fit(Feed(gaussian(8), np.zeros(8)), verbose=0)
    assert int(autoencoder.optimizer.iterations) == 0


def feeds(x):
    """The same batch from everything whose first batch can be seen beforehand."""
    made = [keras.ops.convert_to_tensor(x), Feed(x), Feed(x, x), ((x,) for _ in range(1))]
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        made.append(tf.data.Dataset.from_tensor_slices(x).batch(8))
    return made


@pytest.mark.filterwarnings("ignore:overflow encountered in cast:RuntimeWarning")  # of JAX
@pytest.mark.parametrize("value", [255.0, np.nan, 1e300])
def test_feeds_are_refused_before_the_first_step_for_what_their_first_batch_holds(value):
    autoencoder = VariationalAutoencoder(*dense_autoencoder((6,), (), 2, variational=True))
    autoencoder.compile("sgd", run_eagerly=True)
    for method in (autoencoder.fit, autoencoder.evaluate):
        for feed in feeds(np.full((8, 6), value)):
            with pytest.raises(ValueError, match=r"`x` must (lie in|hold finite numbers)"):
                method(feed, verbose=0)
    assert int(autoencoder.optimizer.iterations) == 0


def test_first_batch_of_a_generator_is_trained_on():
    autoencoder = compiled()
    autoencoder.fit(((gaussian(8),) for _ in range(2)), steps_per_epoch=2, shuffle=False, verbose=0)
    assert int(autoencoder.optimizer.iterations) == 2


def test_every_batch_of_a_generator_is_validated_on():
    """A batch of number k has the loss k² here."""
    autoencoder = Autoencoder(*linear(2))
    autoencoder.decoder.set_weights([np.zeros((2, 6))])
    autoencoder.compile(keras.optimizers.SGD(0.0), "mse", run_eagerly=True)
    held_out = ((np.full((4, 6), float(number)),) for number in range(5))
    history = autoencoder.fit(
        gaussian(8), validation_data=held_out, validation_steps=5, verbose=0
    ).history
    assert history["val_loss"] == pytest.approx([np.mean(np.arange(5) ** 2)])


@pytest.mark.filterwarnings("ignore:.*The structure of `inputs` doesn't match:UserWarning")
@pytest.mark.parametrize("cls", [Autoencoder, VariationalAutoencoder])
def test_a_list_of_one_array_is_that_array(cls):
    x = np.random.default_rng(0).random((8, 6)).astype("float32")
    codes = 4 if cls is VariationalAutoencoder else 2
    autoencoder = cls(linear(codes)[0], linear(2)[1])
    autoencoder.compile("sgd", None if cls is VariationalAutoencoder else "mse", run_eagerly=True)
    expected = autoencoder.evaluate(x, batch_size=4, verbose=0)
    for given in (([x],), ([x], [x]), (x, [x])):
        found = autoencoder.evaluate(*given, batch_size=4, verbose=0)
        assert found == pytest.approx(expected, rel=1e-5)
    for method in ("reconstruction_error", "log_likelihood")[: codes // 2]:
        call = getattr(autoencoder, method)
        np.testing.assert_allclose(call([x]), call(x), rtol=1e-5)


def test_dicts_are_refused_in_one_sentence():
    sentence = r"^`x` must be an array of inputs, .*received a dict"
    for method in (compiled().fit, compiled().reconstruct):
        with pytest.raises(ValueError, match=sentence):
            method({"x": gaussian(8)})
    with pytest.raises(ValueError, match=sentence):
        compiled(ContrastiveAutoencoder).fit({"x": gaussian(8)}, np.arange(8))


@pytest.mark.parametrize("method", ["predict", "encode", "reconstruct", "reconstruction_error"])
@pytest.mark.parametrize(
    ("x", "sentence"),
    [
        (np.full((8, 6), np.nan), SENTENCE.format("x")),
        (np.full((8, 6), 1e300), "`x` must hold numbers that are finite in float32; received num"),
        (
            np.zeros((8, 5)),
            r"`x` must hold examples of shape \(6,\), as 'encoder' takes them; rece",
        ),
        (np.zeros((0, 6)), "`x` must hold at least one example; received none"),
    ],
)
def test_inputs_of_predictions_are_checked(method, x, sentence):
    autoencoder = compiled()
    with pytest.raises(ValueError, match=sentence):
        getattr(autoencoder, method)(x)
    with pytest.raises(ValueError, match=sentence):
        autoencoder.fit(x, verbose=0)


class Batches(keras.utils.PyDataset):
    def __len__(self):
        return 2

    def __getitem__(self, index):
        return gaussian(8), gaussian(8)


@pytest.mark.parametrize("x", [Batches(), iter([gaussian(8)])], ids=["dataset", "iterator"])
def test_errors_of_a_dataset_are_refused_in_one_sentence(x):
    name = type(x).__name__
    with pytest.raises(ValueError, match=rf"^`x` must be an array .*; received {name}, [^\n]*$"):
        compiled().reconstruction_error(x)


def test_nothing_is_no_input_and_codes_have_a_shape():
    autoencoder = compiled()
    for method in (autoencoder.fit, autoencoder.evaluate):
        with pytest.raises(ValueError, match="`x` must hold examples; received None"):
            method(None)
    with pytest.raises(ValueError, match=r"`codes` must hold examples of shape \(2,\), as 'decode"):
        autoencoder.decode(np.zeros((8, 3)))
    with pytest.raises(ValueError, match="`codes` must hold finite numbers"):
        autoencoder.decode(np.full((8, 2), np.nan))


def test_last_axis_of_one_may_be_left_out_as_in_keras():
    encoder = keras.Sequential([keras.Input((6, 1)), keras.layers.Flatten()], name="encoder")
    decoder = keras.Sequential([keras.Input((6,)), keras.layers.Reshape((6, 1))], name="decoder")
    assert Autoencoder(encoder, decoder).encode(gaussian(3)).shape == (3, 6)


@pytest.mark.parametrize(("low", "high"), [(-0.25, 1.0), (0.0, 255.0)])
def test_range_found_is_named_where_the_data_leave_it(low, high):
    data = np.linspace(low, high, 5000 * 2).reshape(5000, 2)
    sentence = rf"lie in \[0, 1\] under .*; received numbers from {low:g} to {high:g}\."
    with pytest.raises(ValueError, match=sentence):
        check_data("x", data, (0.0, 1.0))
    check_data("x", data)
    check_data("x", np.array([[0, 1]]), (0.0, 1.0))
    check_data("x", np.zeros((0, 3)), (0.0, 1.0))


def test_models_whose_inputs_are_unknown_are_refused_where_they_must_be_known():
    encoder = keras.Sequential([keras.layers.Dense(4)], name="late")
    with pytest.raises(ValueError, match="`encoder` must be a Sequential or functional model"):
        VariationalAutoencoder(encoder, linear(2)[1], likelihood="gaussian")


def test_interpolation_decodes_the_line_between_the_codes():
    autoencoder = compiled()
    x = gaussian(6)
    a, b = x[:3], x[3:]
    encode, decode = (
        model.get_weights()[0] for model in (autoencoder.encoder, autoencoder.decoder)
    )
    share = np.array([0, 0.25, 0.5, 0.75, 1])[:, None]
    expected = [
        ((1 - share) * p @ encode + share * q @ encode) @ decode for p, q in zip(a, b, strict=True)
    ]
    np.testing.assert_allclose(autoencoder.interpolate(a, b, 5), expected, rtol=1e-4, atol=1e-5)


def test_interpolation_between_unequal_numbers_of_examples_is_refused():
    with pytest.raises(ValueError, match="as many examples as `a`, 3; received 2"):
        compiled().interpolate(gaussian(3), gaussian(2))
    with pytest.raises(ValueError, match=r"`steps` must be an integer in \[2, inf\); received"):
        compiled().interpolate(gaussian(3), gaussian(3), steps=1)
    same = [keras.Sequential([keras.Input((None, 1)), keras.layers.Identity()]) for _ in range(2)]
    sentence = r"^`b` must have codes of the shape of those of `a`, \(4, 1\); received \(5, 1\)"
    with pytest.raises(ValueError, match=sentence):
        Autoencoder(*same).interpolate(np.zeros((3, 4, 1)), np.zeros((3, 5, 1)))


def images(shape):
    flat = np.random.default_rng(0).random((4, 4, 4)).astype("float32")
    return flat.reshape(shape)


@pytest.mark.parametrize("cls", [Autoencoder, DenoisingAutoencoder, VariationalAutoencoder])
def test_a_last_axis_of_one_may_be_left_out(cls):
    """Batches as long as an image is wide would be broadcast against its columns."""
    codes = 4 if cls is VariationalAutoencoder else 2
    encoder = keras.Sequential(
        [keras.Input((4, 4, 1)), keras.layers.Flatten(), keras.layers.Dense(codes)]
    )
    decoder = keras.Sequential(
        [keras.Input((2,)), keras.layers.Dense(16), keras.layers.Reshape((4, 4, 1))]
    )
    autoencoder = cls(encoder, decoder)
    own = {} if cls is VariationalAutoencoder else {"loss": "mse"}
    autoencoder.compile("sgd", run_eagerly=True, **own)
    whole, short = images((4, 4, 4, 1)), images((4, 4, 4))
    found = [autoencoder.evaluate(x, batch_size=4, verbose=0) for x in (whole, short)]
    np.testing.assert_allclose(found[1], found[0], rtol=1e-5)
    errors = [autoencoder.reconstruction_error(x) for x in (whole, short)]
    np.testing.assert_allclose(errors[1], errors[0], rtol=1e-5)
    if cls is VariationalAutoencoder:
        found = [autoencoder.log_likelihood(x, samples=50) for x in (whole, short)]
        np.testing.assert_allclose(found[1], found[0], rtol=0.2)
    if cls is DenoisingAutoencoder:
        filled = [autoencoder.impute(x, x > 0.5) for x in (whole, short)]
        assert filled[1].shape == short.shape
        np.testing.assert_allclose(filled[1], filled[0][..., 0], rtol=1e-5)
        means = [x.mean(axis=0) for x in (whole, short)]
        filled = [
            autoencoder.impute(x, x > 0.5, m) for x, m in zip((whole, short), means, strict=True)
        ]
        np.testing.assert_allclose(filled[1], filled[0][..., 0], rtol=1e-5)


@pytest.mark.parametrize("loss", ["binary_crossentropy", keras.losses.BinaryCrossentropy()])
def test_targets_of_a_binary_cross_entropy_lie_between_0_and_1(loss):
    autoencoder = Autoencoder(*linear(2))
    autoencoder.compile("sgd", loss, run_eagerly=True)
    with pytest.raises(ValueError, match=r"^`x` must lie in \[0, 1\] under"):
        autoencoder.fit(5 * gaussian(8), verbose=0)
    with pytest.raises(ValueError, match=r"^`y` must lie in \[0, 1\] under"):
        autoencoder.fit(gaussian(8), gaussian(8), verbose=0)
    autoencoder.fit(gaussian(8), np.ones((8, 6)), verbose=0)


def test_data_are_checked_in_a_wrapper_as_in_the_model():
    variational = VariationalAutoencoder(linear(4)[0], linear(2)[1])
    for model, options in (
        (Autoencoder(*linear(2)), {"loss": "binary_crossentropy"}),
        (variational, {}),
    ):
        wrapped = RegularizedModel(RegularizedModel(model))
        wrapped.compile("sgd", run_eagerly=True, **options)
        x = np.full((8, 6), 0.5, "float32")
        for given, sentence in (
            ((255 * x,), r"^`x` must lie in \[0, 1\] .* to 127\.5"),
            ((x * np.nan,), "^`x` must hold finite numbers"),
            ((x, np.zeros(8)), "labels are not used"),
        ):
            for method in (wrapped.fit, wrapped.evaluate):
                with pytest.raises(ValueError, match=sentence):
                    method(*given, verbose=0)
        for held_out in (255 * x, (255 * x,), Feed(255 * x)):
            with pytest.raises(ValueError, match=r"^`validation_data` must lie in \[0, 1\]"):
                wrapped.fit(x, validation_data=held_out, verbose=0)
        assert int(wrapped.optimizer.iterations) == 0
        wrapped.fit(x, validation_data=(x,), verbose=0)


def test_weights_of_examples_that_are_not_finite_are_refused():
    with pytest.raises(ValueError, match="`sample_weight` must hold finite numbers"):
        compiled().fit(gaussian(8), sample_weight=np.full(8, np.nan), verbose=0)


def test_the_first_rows_of_a_data_loader_are_looked_at():
    torch = pytest.importorskip("torch")
    rows = torch.utils.data.TensorDataset(torch.tensor(9 * gaussian(8)))
    loader = torch.utils.data.DataLoader(rows, batch_size=4, shuffle=True)
    autoencoder = VariationalAutoencoder(linear(4)[0], linear(2)[1])
    autoencoder.compile("sgd", run_eagerly=True)
    with pytest.raises(ValueError, match=r"^`x` must lie in \[0, 1\]"):
        autoencoder.fit(loader, verbose=0)


def test_loaders_whose_first_rows_are_not_known_train():
    torch = pytest.importorskip("torch")
    rows = {f"row {number}": (torch.tensor(row),) for number, row in enumerate(gaussian(8))}

    class Stream(torch.utils.data.IterableDataset):
        def __iter__(self):
            return iter(rows.values())

    for dataset, sampler in ((Stream(), None), (rows, list(rows))):
        autoencoder = compiled()
        loader = torch.utils.data.DataLoader(dataset, batch_size=4, sampler=sampler)
        autoencoder.fit(loader, steps_per_epoch=2, shuffle=False, verbose=0)
        assert int(autoencoder.optimizer.iterations) == 2
