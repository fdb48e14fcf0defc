"""The recipes of sparse codes."""

import json

import pytest

pytestmark = pytest.mark.one_backend


def test_smoke_of_the_sparse_autoencoders_measures_every_method_and_draws(regzoo, tmp_path):
    out, figure = tmp_path / "out.json", tmp_path / "seen.png"
    arguments = ("--smoke", "--out", str(out), "--figure", str(figure))
    result = regzoo("run", "sparse_autoencoder", *arguments)
    assert result.exit_code == 0, result.stderr
    assert "expected" not in result.stdout
    runs = json.loads(out.read_text())["runs"]
    assert list(runs) == ["pixels", "dense", "activity_l1", "kl", "k_sparse", "winner_take_all"]
    assert runs["k_sparse"][0]["l0"] <= 16
    assert figure.read_bytes().startswith(b"\x89PNG")


def test_smoke_of_the_sparse_dictionaries_measures_every_method(regzoo, tmp_path):
    out = tmp_path / "out.json"
    result = regzoo("run", "sparse_dictionary", "--smoke", "--out", str(out))
    assert result.exit_code == 0, result.stderr
    assert "expected" not in result.stdout
    runs = json.loads(out.read_text())["runs"]
    assert list(runs) == ["ica", "untrained", "top_k", "top_k_alone", "jump_relu"]
    assert runs["top_k"][0]["cosine"] > runs["untrained"][0]["cosine"]
