"""The recipe of wrong labels."""

import pytest

pytestmark = pytest.mark.one_backend


def test_smoke_measures_every_method_and_compares_nothing(regzoo, tmp_path):
    out = tmp_path / "noisy.json"
    result = regzoo("run", "noisy_labels", "--smoke", "--out", str(out))
    assert result.exit_code == 0
    assert {line.split(":")[0] for line in result.stdout.splitlines()} >= {
        "plain",
        "self_paced",
        "super_loss",
    }
    assert "expected" not in result.stdout
    assert out.is_file()
