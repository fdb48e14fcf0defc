"""The recipe of the stacked autoencoder."""

import json

import pytest

pytestmark = pytest.mark.one_backend


def test_smoke_measures_every_method_and_draws(regzoo, tmp_path):
    out, figure = tmp_path / "out.json", tmp_path / "kernels.png"
    arguments = ("--smoke", "--out", str(out), "--figure", str(figure))
    result = regzoo("run", "stacked_autoencoder", *arguments)
    assert result.exit_code == 0, result.stderr
    methods = {line.partition(":")[0] for line in result.stdout.splitlines()}
    assert methods >= {"random", "random_longer", "supervised", "greedy"}
    assert "expected" not in result.stdout
    assert json.loads(out.read_text())["settings"]["epochs"] == 1
    assert figure.read_bytes().startswith(b"\x89PNG")
