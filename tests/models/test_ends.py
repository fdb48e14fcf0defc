"""What an encoder and a decoder must be to make an autoencoder together."""

import keras
import pytest

from keras_regzoo.models import (
    Autoencoder,
    DenoisingAutoencoder,
    SparseAutoencoder,
    VariationalAutoencoder,
    VectorQuantizedVAE,
)

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
