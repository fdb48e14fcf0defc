"""Regularizers: penalties on one weight or one activation."""

from keras_regzoo.regularizers.group_lasso import GroupLasso

__all__ = ["GroupLasso"]
