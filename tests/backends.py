"""The backend under test."""

import keras

BACKEND = keras.backend.backend()
HAS_XLA = BACKEND in ("tensorflow", "jax")
# The cheapest way to train a step or two: JAX compiles each operation that it runs by itself.
QUICKEST = {"run_eagerly": BACKEND != "jax", "jit_compile": BACKEND == "jax"}
