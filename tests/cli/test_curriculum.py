"""The recipe of curricula."""

import pytest

pytestmark = pytest.mark.one_backend


def test_smoke_measures_wrong_labels_and_compares_nothing(regzoo, tmp_path):
    out = tmp_path / "curriculum.json"
    result = regzoo("run", "curriculum", "--smoke", "--out", str(out))
    assert result.exit_code == 0
    assert {line.split(":")[0] for line in result.stdout.splitlines()} >= {
        "noisy/plain",
        "noisy/curriculum",
        "noisy/random",
        "noisy/anti",
    }
    assert "expected" not in result.stdout
    assert out.is_file()
