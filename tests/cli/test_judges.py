"""What recipes compare with."""

import numpy as np
import pytest

from keras_regzoo.cli.judges import principal_components

pytestmark = pytest.mark.one_backend


@pytest.mark.parametrize(("rows", "solver"), [(60, "covariance_eigh"), (12, "full")])
def test_principal_components_are_those_of_a_singular_value_decomposition(rows, solver):
    x = np.random.default_rng(0).normal(size=(rows, 20)) * np.linspace(3.0, 0.1, 20)
    found = principal_components(x, 3)
    _, _, directions = np.linalg.svd(x - x.mean(axis=0))
    cosines = np.abs(np.sum(found.components_ * directions[:3], axis=1))
    np.testing.assert_allclose(cosines, 1.0, rtol=1e-9)
    assert found.svd_solver == solver
