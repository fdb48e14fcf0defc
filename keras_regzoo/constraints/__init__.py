"""Constraints: projections of one weight, after each update."""

from keras_regzoo.constraints.l1_ball import L1Ball

__all__ = ["L1Ball"]
