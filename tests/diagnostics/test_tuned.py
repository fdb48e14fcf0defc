"""Each technique of a comparison is tuned alike, on validation data alone, and only once."""

import json

import pytest

from keras_regzoo.diagnostics import TECHNIQUES, compare
from keras_regzoo.diagnostics.technique_names import parse_techniques
from keras_regzoo.diagnostics.training_run import TreatedNetwork
from keras_regzoo.diagnostics.tuned import TUNING_SEED, candidates

pytestmark = pytest.mark.one_backend

SMALL = {"epochs": 1, "train_size": 40, "batch_size": 20, "progress": False}
TRIALS = 3


@pytest.fixture(scope="module")
def comparison(tmp_path_factory):
    out = tmp_path_factory.mktemp("tuned") / "out"
    return compare("digits", "l2,dropout:rate=0.3", seeds=1, out=out, tune=TRIALS, **SMALL)


@pytest.mark.parametrize("name", TECHNIQUES)
def test_own_settings_come_first_and_others_lie_in_the_ranges(name):
    own = parse_techniques(name)[-1]
    first, *others = candidates(own, 9)
    assert first == own
    assert (others == []) is (name == "baseline")
    for each in others:
        for option, value in each.options.items():
            search = TECHNIQUES[name].options[option].search
            allowed = search.choices or (search.low, search.high)
            assert min(allowed) <= value <= max(allowed)
            assert float(f"{value:.3g}") == value
            assert parse_techniques(each.label)[-1].options == each.options


def test_more_trials_begin_with_those_of_fewer():
    own = parse_techniques("adversarial")[-1]
    assert candidates(own, 9)[:5] == candidates(own, 5)


def test_written_options_are_not_searched():
    for each in candidates(parse_techniques("adversarial:steps=1")[-1], 5):
        assert each.options["steps"] == 1
    assert (
        len(
            {
                c.options["radius"]
                for c in candidates(parse_techniques("adversarial:steps=1")[-1], 5)
            }
        )
        == 5
    )


def test_options_written_at_their_defaults_are_written_again():
    (own,) = parse_techniques("l2:strength=0.00025")[1:]
    assert own.label == "l2"
    assert own.as_written == "l2:strength=0.00025"
    assert candidates(parse_techniques(own.as_written)[-1], 5) == [own]


def test_lowest_validation_error_decides_and_all_seeds_use_it(comparison):
    results = json.loads((comparison.folder / "results.json").read_text(encoding="utf-8"))
    tuning = results["settings"]["tuning"]
    baseline, l2, dropout = tuning["techniques"]
    assert (tuning["trials"], tuning["seed"]) == (TRIALS, TUNING_SEED)
    assert f"{TRIALS} trials" in tuning["protocol"]
    assert baseline["trials"] == dropout["trials"] == [], "nothing to search"
    assert dropout["tuned"] == dropout["technique"] == "dropout:rate=0.3"
    assert len(l2["trials"]) == TRIALS
    assert all(set(t) == {"options", "validation_error", "validation_loss"} for t in l2["trials"])
    best = min(l2["trials"], key=lambda t: (t["validation_error"], t["validation_loss"]))
    assert l2["options"] == best["options"]
    assert [run["technique"] for run in results["runs"]] == [
        "baseline",
        l2["tuned"],
        dropout["tuned"],
    ]
    assert results["runs"][1]["options"] == best["options"]
    files = sorted((comparison.folder / "runs").glob(f"l2,*,seed={TUNING_SEED}.json"))
    saved = [json.loads(file.read_text(encoding="utf-8")) for file in files]
    errors = {run["options"]["strength"]: run["validation"]["error"] for run in saved}
    assert errors == {t["options"]["strength"]: t["validation_error"] for t in l2["trials"]}


def test_same_call_again_trains_nothing_and_more_trials_train_the_rest(comparison, monkeypatch):
    made, train = [], TreatedNetwork.train

    def counted(self, initial, data, seed, *budget):
        made.append(seed)
        return train(self, initial, data, seed, *budget)

    monkeypatch.setattr(TreatedNetwork, "train", counted)
    given = {"seeds": 1, "out": comparison.folder, **SMALL}
    again = compare("digits", "l2,dropout:rate=0.3", tune=TRIALS, **given)
    assert made == []
    assert again.results == comparison.results
    assert again.settings == comparison.settings
    compare("digits", "l2,dropout:rate=0.3", tune=TRIALS + 1, **given)
    assert made[0] == TUNING_SEED
    assert made[1:] in ([], [0]), "one trial, and the run of what it found, if it was the best"


def test_two_processes_tune_and_compare_as_one_does(comparison, tmp_path):
    def measured(found):
        return [{**run, "seconds_per_epoch": None} for run in found.runs]

    given = {"seeds": 1, "tune": TRIALS, "out": tmp_path / "out", **SMALL}
    parallel = compare("digits", "l2,dropout:rate=0.3", jobs=2, **given)
    assert parallel.settings == comparison.settings, "all trials"
    assert measured(parallel) == measured(comparison)


def test_one_trial_is_no_search(tmp_path):
    with pytest.raises(ValueError, match=r"`tune` must be an integer in \[2, inf\)"):
        compare("digits", "l2", tune=1, out=tmp_path / "out", **SMALL)
    assert list(tmp_path.iterdir()) == []
