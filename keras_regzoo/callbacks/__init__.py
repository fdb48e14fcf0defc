"""Callbacks: what happens over epochs and steps."""

from keras_regzoo.callbacks.resumable import Resumable
from keras_regzoo.callbacks.scheduler import Scheduler

__all__ = ["Resumable", "Scheduler"]
