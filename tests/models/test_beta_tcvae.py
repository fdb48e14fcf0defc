"""The decomposed divergence: its three parts against NumPy, and what its estimators estimate."""

import numpy as np
import pytest
from keras import ops
from scipy.special import logsumexp
from scipy.stats import norm

from keras_regzoo.callbacks import Scheduler
from keras_regzoo.models import BetaTCVAE
from keras_regzoo.models.beta_tcvae import decomposition
from tests.models.test_variational_autoencoder import (
    DENSITIES,
    SEED,
    X,
    affine,
    autoencoder,
    noise,
    parts,
    train,
)

TERMS = ("mutual_information", "total_correlation", "dimension_divergence")
SIZE = 30


def model_of(**options):
    plain = autoencoder()
    options = {"dataset_size": SIZE, "seed": SEED, **options}
    return BetaTCVAE(plain.encoder, plain.decoder, **options)


def shares(rows, size, stratified):
    """The weight of each posterior of a batch in q(z_i), in loops."""
    made = np.full((rows, rows), 1 / (size * rows))
    if stratified:
        others = rows - 1
        for i in range(rows):
            for k in range(rows):
                made[i, k] = 1 / size if i == k else 1 / others
            made[i, (i + 1) % rows] = (size - others) / (size * others)
    return made


def terms(z, mean, deviation, weights):
    """Each example's three terms, by SciPy's normal density and loops over pairs."""
    found = []
    for i in range(len(z)):
        density = norm(mean, deviation).logpdf(z[i])
        joint = logsumexp(density.sum(axis=1), b=weights[i])
        each = [logsumexp(density[:, j], b=weights[i]) for j in range(z.shape[1])]
        own, prior = density[i].sum(), norm.logpdf(z[i]).sum()
        found.append([own - joint, joint - sum(each), sum(each) - prior])
    return np.transpose(found)


def expected_terms(model, training, stratified):
    mean, log_variance = np.split(affine(model.encoder, X), 2, axis=-1)
    deviation = np.exp(log_variance / 2)
    z = mean + deviation * noise(X, training)
    return terms(z, mean, deviation, shares(len(X), SIZE, stratified))


@pytest.mark.parametrize("estimator", ["weighted", "stratified"])
def test_loss_weights_the_three_terms(estimator):
    model = model_of(estimator=estimator, alpha=0.5, beta=3.0, gamma=2.0)
    logs = train(model, validation_data=(X,))
    for prefix, training in (("", True), ("val_", False)):
        found = expected_terms(model, training, estimator == "stratified").mean(axis=1)
        for name, value in zip(TERMS, found, strict=True):
            assert logs[prefix + name] == pytest.approx(value, rel=1e-4, abs=1e-4)
        reconstruction = parts(model, DENSITIES["bernoulli"], training)[0].mean()
        expected = reconstruction + found @ [0.5, 3.0, 2.0]
        assert logs[f"{prefix}loss"] == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize("estimator", ["weighted", "stratified"])
def test_terms_of_weight_one_add_up_to_the_divergence_of_the_draw(estimator):
    model = model_of(estimator=estimator, alpha=1.0, beta=1.0, gamma=1.0)
    logs = train(model)
    mean, log_variance = np.split(affine(model.encoder, X), 2, axis=-1)
    deviation = np.exp(log_variance / 2)
    z = mean + deviation * noise(X)
    drawn = norm(mean, deviation).logpdf(z) - norm.logpdf(z)
    assert sum(logs[name] for name in TERMS) == pytest.approx(drawn.sum(axis=1).mean(), rel=1e-4)
    assert logs["loss"] == pytest.approx(
        logs["reconstruction"] + drawn.sum(axis=1).mean(), rel=1e-4
    )


def test_strata_give_the_aggregate_posterior_without_bias():
    """Over all batches that hold an example, the estimate of q(z) averages to the exact one."""
    rng = np.random.default_rng(0)
    mean, deviation = rng.normal(size=(5, 2)), np.full((5, 2), 0.7)
    z = mean[0] + deviation[0] * rng.normal(size=2)
    exact = np.mean(norm(mean, deviation).pdf(z).prod(axis=1))
    estimates = []
    for second in range(1, 5):
        for third in range(1, 5):
            if second == third:
                continue
            batch = [0, second, third]
            tensors = (
                ops.convert_to_tensor(each.astype("float32"))
                for each in (
                    np.stack([z, mean[second], mean[third]]),
                    mean[batch],
                    2 * np.log(deviation[batch]),
                )
            )
            information = decomposition(*tensors, dataset_size=5, stratified=True)[0]
            own = norm(mean[0], deviation[0]).logpdf(z).sum()
            estimates.append(np.exp(own - float(ops.convert_to_numpy(information)[0])))
    assert np.mean(estimates) == pytest.approx(exact, rel=1e-4)


def test_total_correlation_of_the_whole_data_tells_dependent_latents():
    rng = np.random.default_rng(1)
    common = rng.normal(size=(256, 1))
    spread = np.full((256, 2), np.log(0.1**2))
    found = []
    for mean in (np.hstack([common, common]), rng.normal(size=(256, 2))):
        z = mean + 0.1 * rng.normal(size=mean.shape)
        tensors = (ops.convert_to_tensor(each.astype("float32")) for each in (z, mean, spread))
        made = decomposition(*tensors, dataset_size=256, stratified=True)
        found.append(float(ops.convert_to_numpy(ops.mean(made[1]))))
    exact = -0.5 * np.log(1 - (1 / 1.01) ** 2)  # of two normal numbers with that correlation
    assert found[0] == pytest.approx(exact, abs=0.25)
    assert found[1] < 0.5 * found[0]


def test_weights_follow_a_schedule():
    model = model_of(beta=0.0, alpha=0.0, gamma=0.0)
    model.compile("sgd", run_eagerly=True)
    moved = Scheduler("decomposed_bound/gamma", lambda epoch: 2.0)
    logs = model.fit(X, batch_size=12, verbose=0, callbacks=[moved]).history
    expected = logs["reconstruction"][0] + 2.0 * logs["dimension_divergence"][0]
    assert logs["loss"][0] == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("batch_size", [4, 12])
@pytest.mark.parametrize("eager", [True, False])
def test_more_examples_than_the_data_have_are_refused_in_one_sentence(batch_size, eager):
    model = model_of(dataset_size=7)
    model.compile("sgd", run_eagerly=eager)
    sentence = "^`dataset_size` must be the number of training examples, .* received dataset_size=7"
    with pytest.raises(ValueError, match=sentence) as caught:
        model.fit(X, batch_size=batch_size, verbose=0)
    assert "\n" not in str(caught.value)
    model.fit(X, batch_size=batch_size, validation_split=0.5, verbose=0)


def test_batches_larger_than_the_data_are_refused():
    model = model_of(dataset_size=7)
    model.compile("sgd", run_eagerly=True)
    with pytest.raises(ValueError, match=r"^`dataset_size` must be .* at least 12; received"):
        model.fit(((X, X) for _ in range(2)), shuffle=False, verbose=0)


def test_batches_larger_than_the_data_are_evaluated():
    model = model_of(dataset_size=7)
    model.compile("sgd", run_eagerly=True)
    assert np.isfinite(model.evaluate(X, batch_size=len(X), verbose=0)).all()
