"""Keras splits kernels, and joins processes, on JAX alone: other backends do not collect that."""

import keras

ON_JAX = ["test_model_parallel.py", "test_two_processes.py"]

collect_ignore = [] if keras.backend.backend() == "jax" else ON_JAX
