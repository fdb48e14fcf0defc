"""Layers that act on the forward pass."""

from keras_regzoo.layers.drop_connect import DropConnect
from keras_regzoo.layers.masking_noise import MaskingNoise
from keras_regzoo.layers.scheduled_dropout import ScheduledDropout

__all__ = ["DropConnect", "MaskingNoise", "ScheduledDropout"]
