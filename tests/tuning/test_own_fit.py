"""A search of a hypermodel with a `fit` of its own."""

import keras_tuner
import pytest

from tests.tuning.search_process import FOLDS, X, Y, build, tuner

pytestmark = [
    pytest.mark.one_backend,
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),  # KerasTuner's and gRPC's own
]


class OwnFit(keras_tuner.HyperModel):
    """A hypermodel that chooses the batch size."""

    def build(self, hp):
        return build(hp)

    def fit(self, hp, model, *args, **kwargs):
        return model.fit(*args, batch_size=hp.Choice("batch_size", [4]), **kwargs)


def test_steps_are_those_of_a_hypermodels_own_fit_and_refit_takes_them(tmp_path):
    search = tuner(tmp_path, OwnFit(), trials=1)
    search.search(X, Y, epochs=3)
    assert [fold.steps for fold in search.fold_scores("0")] == [4 * 3] * FOLDS
    refitted = search.refit(X, Y)
    assert refitted.steps == int(refitted.model.optimizer.iterations) == 12
    assert len(refitted.history["loss"]) == 2, "24 examples are six batches of 4"


def test_a_hypermodels_own_fit_may_search_epochs(tmp_path):
    class Epochs(OwnFit):
        def fit(self, hp, model, *args, **kwargs):
            return model.fit(*args, batch_size=8, epochs=hp.Int("epochs", 2, 5), **kwargs)

    search = tuner(tmp_path, Epochs(), trials=2)
    search.search(X, Y)
    epochs = search.best_trial().hyperparameters.get("epochs")
    refitted = search.refit(X, Y)
    assert 1 <= refitted.steps == int(refitted.model.optimizer.iterations) <= 2 * epochs
    assert "fit" not in vars(refitted.model)


@pytest.mark.parametrize(
    "fit",
    [
        lambda self, hp, model, *args, **kwargs: 1.0,
        lambda self, hp, model, *args, **kwargs: model.fit(*args, verbose=0),
    ],
)
def test_fit_without_history_or_callbacks_is_one_sentence(fit, tmp_path):
    search = tuner(tmp_path, type("Fit", (OwnFit,), {"fit": fit})(), trials=1)
    with pytest.raises(keras_tuner.errors.FatalValueError, match="gives `callbacks` to"):
        search.search(X, Y, epochs=1)
