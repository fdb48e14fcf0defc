"""A comparison on the backend under test, whose compiled steps and seeds it depends on."""

import pytest

from keras_regzoo.diagnostics import compare
from tests.diagnostics.test_training_run import experiment


def test_run_does_not_depend_on_the_runs_before_it():
    techniques = "dropout,early_stopping:patience=1"
    forward, backward = experiment(techniques), experiment(techniques)
    first = {(t.key, s): forward.run(t, s) for s in (0, 1) for t in forward.treatments[1:]}
    for seed in (1, 0):
        for treatment in backward.treatments[:0:-1]:
            run, expected = backward.run(treatment, seed), first[treatment.key, seed]
            assert run["curves"]["error"] == expected["curves"]["error"]
            assert run["test"]["loss"] == pytest.approx(expected["test"]["loss"], rel=1e-4)


def test_small_comparison_from_end_to_end(tmp_path):
    options = {"seeds": 2, "epochs": 2, "train_size": 40, "batch_size": 20, "progress": False}
    found = compare("digits", "l2:strength=0,dropout", out=tmp_path / "out", **options)
    baseline, unchanged, dropout = found.results
    assert (tmp_path / "out" / "report.html").exists()
    assert unchanged.test_error == pytest.approx(baseline.test_error, abs=0.005)
    assert unchanged.nll == pytest.approx(baseline.nll, rel=1e-4)
    assert dropout.nll != pytest.approx(baseline.nll, abs=1e-3)
