"""What an encoder and a decoder must be to make an autoencoder together."""

import keras
import numpy as np
import pytest

from keras_regzoo import RegularizedModel
from keras_regzoo.models import (
    Autoencoder,
    ContractiveAutoencoder,
    DenoisingAutoencoder,
    InfoVAE,
    RegularizedAutoencoder,
    SparseAutoencoder,
    VariationalAutoencoder,
    VectorQuantizedVAE,
    WassersteinAutoencoder,
    conv_autoencoder,
)

EAGERLY = {"run_eagerly": keras.backend.backend() != "jax"}
MODELS = (
    Autoencoder,
    DenoisingAutoencoder,
    SparseAutoencoder,
    VariationalAutoencoder,
    VectorQuantizedVAE,
)


def ends(codes, first="encoder", second="decoder"):
    return (
        keras.Sequential([keras.Input((6,)), keras.layers.Dense(codes)], name=first),
        keras.Sequential([keras.Input((2,)), keras.layers.Dense(6)], name=second),
    )


def codes_of(cls):
    return 4 if cls is VariationalAutoencoder else 2


@pytest.mark.parametrize("cls", MODELS)
def test_an_encoder_and_a_decoder_of_one_name_are_refused_in_one_sentence(cls):
    sentence = (
        r"^`encoder` and `decoder` must have names that differ, [^.]*'net', [^.]*'net'[^.]*\.$"
    )
    with pytest.raises(ValueError, match=sentence):
        cls(*ends(codes_of(cls), "net", "net"))


@pytest.mark.parametrize(
    ("cls", "name"), [(DenoisingAutoencoder, "masking_noise"), (VariationalAutoencoder, "mean")]
)
def test_names_of_the_layers_beside_them_are_refused(cls, name):
    with pytest.raises(ValueError, match=f"names that differ, .* received layers .*'{name}'"):
        cls(*ends(codes_of(cls), name))


def functional(inputs, outputs, structure, name):
    """A model of vectors, whose inputs or outputs are in a structure."""
    given = [keras.Input((inputs,), name=f"in_{number}") for number in range(2)]
    joined = given[0] if structure != "two" else keras.layers.Concatenate()(given)
    made = keras.layers.Dense(outputs)(joined)
    outside = {"dict": {"made": made}, "list": [made]}.get(structure, made)
    return keras.Model(given if structure == "two" else given[0], outside, name=name)


@pytest.mark.parametrize("cls", MODELS)
@pytest.mark.parametrize("structure", ["two", "dict", "list"])
@pytest.mark.parametrize("role", ["encoder", "decoder"])
def test_models_of_several_inputs_or_nested_outputs_are_refused(cls, structure, role):
    encoder, decoder = ends(codes_of(cls))
    if role == "encoder":
        encoder = functional(6, codes_of(cls), structure, "other")
    else:
        decoder = functional(2, 6, structure, "other")
    wanted = "have a single input" if structure == "two" else "give its output as a tensor"
    with pytest.raises(ValueError, match=rf"^`{role}` must {wanted}; received 'other', [^.]*\.$"):
        cls(encoder, decoder)


@pytest.mark.parametrize("units", [1, 7])
@pytest.mark.parametrize(
    ("cls", "options"),
    [(Autoencoder, {}), (DenoisingAutoencoder, {"emphasis": (1.0, 0.5)}), (SparseAutoencoder, {})],
)
def test_ends_that_are_built_by_the_data_must_meet(cls, options, units):
    encoder = keras.Sequential([keras.layers.Dense(2)], name="encoder")
    decoder = keras.Sequential([keras.layers.Dense(units)], name="decoder")
    autoencoder = cls(encoder, decoder, **options)
    autoencoder.compile("sgd", "mse", **EAGERLY)
    sentence = rf"`decoder` must give reconstructions .*, \(6,\); .* have the shape \({units},\)"
    with pytest.raises(ValueError, match=sentence):
        autoencoder.fit(np.ones((8, 6), "float32"), verbose=0)


def test_codes_of_open_sides_are_refused_by_variational_models():
    convolution = {"kernel_size": 3, "padding": "same"}
    encoder = keras.Sequential(
        [keras.Input((None, None, 1)), keras.layers.Conv2D(4, **convolution)], name="encoder"
    )
    decoder = keras.Sequential(
        [keras.Input((None, None, 2)), keras.layers.Conv2D(1, **convolution)], name="decoder"
    )
    with pytest.raises(ValueError, match=r"`encoder` must give codes of a known shape; .*None"):
        VariationalAutoencoder(encoder, decoder)


def test_a_sparse_autoencoder_is_not_trained_without_a_loss():
    autoencoder = SparseAutoencoder(*ends(2))
    wrapper = RegularizedModel(autoencoder, [])
    wrapper.compile("sgd", **EAGERLY)
    with pytest.raises(ValueError, match="`loss` must be given to `compile`, such as 'mse'"):
        wrapper.fit(np.ones((8, 6), "float32"), verbose=0)
    autoencoder.compile("sgd", **EAGERLY)
    with pytest.raises(ValueError, match="`loss` must be given to `compile`, such as 'mse'"):
        autoencoder.fit(np.ones((8, 6), "float32"), verbose=0)
    wrapper.compile("sgd", "mse", **EAGERLY)
    assert np.isfinite(wrapper.fit(np.ones((8, 6), "float32"), verbose=0).history["loss"][0])


@pytest.mark.parametrize(
    ("cls", "options", "variational"),
    [
        (ContractiveAutoencoder, {}, False),
        (WassersteinAutoencoder, {"seed": 0}, False),
        (InfoVAE, {"seed": 0}, True),
        (RegularizedAutoencoder, {"penalty": "gradient", "seed": 0}, False),
    ],
)
def test_images_may_lack_their_last_axis_in_training(cls, options, variational):
    found = []
    whole = np.random.default_rng(0).uniform(size=(8, 6, 6, 1)).astype("float32")
    for x in (whole, whole[..., 0]):
        keras.utils.set_random_seed(0)
        built = conv_autoencoder((6, 6, 1), (2,), latent=2, variational=variational)
        autoencoder = cls(*built, **options)
        own = {"loss": "mse"} if cls is ContractiveAutoencoder else {}
        autoencoder.compile(keras.optimizers.SGD(1e-3), **own, **EAGERLY)
        logs = autoencoder.fit(x, batch_size=4, shuffle=False, verbose=0).history
        found.append(
            [logs["loss"][0], autoencoder.evaluate(x, verbose=0, return_dict=True)["loss"]]
        )
    np.testing.assert_allclose(found[1], found[0], rtol=1e-4)


def test_what_is_no_data_is_one_sentence():
    autoencoder = Autoencoder(*ends(2))
    autoencoder.compile("sgd", "mse", **EAGERLY)
    x = np.ones((4, 6), "float32")
    for call, sentence in (
        (lambda: autoencoder.fit(None), "`x` must hold examples; received None"),
        (lambda: autoencoder.encode(None), "`x` must hold examples; received None"),
        (lambda: autoencoder.interpolate(None, x), "`x` must hold examples; received None"),
        (lambda: autoencoder.decode(None), "`codes` must hold codes; received None"),
        (lambda: autoencoder.fit(x, class_weight={0: 1.0}), "`class_weight` must be None"),
    ):
        with pytest.raises(ValueError, match=sentence):
            call()


@pytest.mark.parametrize(
    ("cls", "argument", "shape"),
    [(DenoisingAutoencoder, "corruption", 6), (SparseAutoencoder, "sparsity", 2)],
)
def test_layers_that_change_shapes_are_refused(cls, argument, shape):
    layer = keras.layers.Dense(3, name="three")
    sentence = (
        rf"^`{argument}` must keep the shape of .*, \({shape},\); received 'three', .*\(3,\)\.$"
    )
    with pytest.raises(ValueError, match=sentence):
        cls(*ends(2), **{argument: layer})
