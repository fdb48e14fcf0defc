"""Codes that are normal all together let an autoencoder draw digits; a plain one's do not.

Three autoencoders have eight code units and the same layers: a plain one, a Wasserstein one, and an
information maximizing variational one. Measured are the squared maximum mean discrepancy between
the codes of held-out images and a standard normal (0 if they are the same; inverse multiquadratic
kernel), the mean squared error of the reconstructions and, of 500 images decoded from standard
normal codes, how far they are from the nearest training image each, and test images from the
nearest of them.

Reference: Tolstikhin, Bousquet, Gelly & Schölkopf 2018, Wasserstein Auto-Encoders, algorithm 2;
Zhao, Song & Ermon 2019, InfoVAE.

Command: regzoo run wasserstein_autoencoder
With --data tfds:mnist it takes 10 000 of those; with --figure PATH it draws samples.
Expected: the codes' discrepancy is 0.132 plainly, 0.004 of the Wasserstein and 0.003 of the
variational one; errors 0.014, 0.014 and 0.016; images drawn are 0.064, 0.053 and 0.029 from the
data, and test images 0.052, 0.038 and 0.030 from them. Means over two seeds; 40 s of processor time
on TensorFlow.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

from keras_regzoo import data
from keras_regzoo.cli.judges import drawn_distances
from keras_regzoo.cli.study_recipe import run_study, trained
from keras_regzoo.diagnostics import plots
from keras_regzoo.models import Autoencoder, InfoVAE, WassersteinAutoencoder, dense_autoencoder
from keras_regzoo.objectives.maximum_mean_discrepancy import squared_discrepancy

METHODS = ("plain", "wasserstein", "info_vae")
CODE = 8
HIDDEN = (256, 128)
EPOCHS = 40
STRENGTH = 10.0
DRAWN = 500
SETTINGS = {"code": CODE, "hidden": HIDDEN, "strength": STRENGTH, "drawn": DRAWN}
EXPECTED = {
    "plain/discrepancy": (0.1, 0.21),
    "plain/off_data": (0.055, 0.085),
    "wasserstein/discrepancy": (0.0, 0.012),
    "wasserstein/error": (0.012, 0.018),
    "wasserstein/off_data": (0.045, 0.068),
    "info_vae/discrepancy": (0.0, 0.012),
    "info_vae/error": (0.013, 0.02),
    "info_vae/off_data": (0.024, 0.036),
}


@functools.cache
def fitted(method: str, images: data.Dataset, seed: int, epochs: int) -> Any:
    def build() -> keras.Model:
        ends = dense_autoencoder(images.shape, HIDDEN, CODE, variational=method == "info_vae")
        if method == "plain":
            return Autoencoder(*ends)
        if method == "info_vae":
            return InfoVAE(*ends, scaling=STRENGTH, seed=seed)
        return WassersteinAutoencoder(*ends, STRENGTH, seed=seed)

    return trained(build, images, seed, epochs, loss="mse" if method == "plain" else None)


def measure(method: str, images: data.Dataset, seed: int, epochs: int) -> dict[str, float]:
    """Returns the discrepancy of the codes, and the errors of reconstructions and samples."""
    model = fitted(method, images, seed, epochs)
    codes = model.encode(images.x_test)
    random = np.random.default_rng(seed)
    prior = random.standard_normal(codes.shape, dtype="float32")
    drawn = model.decode(random.standard_normal((DRAWN, CODE), dtype="float32"))
    code, normal = ops.convert_to_tensor(codes), ops.convert_to_tensor(prior)
    rebuilt = model.reconstruct(images.x_test)
    return {
        "discrepancy": float(squared_discrepancy(code, normal, "imq", (1.0,), 1.0)),
        "error": float(np.mean(np.square(rebuilt - images.x_test))),
        **drawn_distances(drawn, images),
    }


def draw(images: data.Dataset, epochs: int) -> Any:
    return plots.samples(fitted("wasserstein", images, 0, epochs), 64, seed=0)


def main(argv: Sequence[str] | None = None) -> int:
    """Measures all and writes the JSON; returns 0 if all means are as expected, else 1."""
    return run_study(argv, __file__, __doc__, METHODS, measure, EPOCHS, EXPECTED, SETTINGS, draw)


if __name__ == "__main__":
    raise SystemExit(main())
