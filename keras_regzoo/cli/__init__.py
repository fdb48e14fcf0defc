"""`regzoo`: the catalogue and the recipes on the command line."""

from keras_regzoo.cli.app import app, main

__all__ = ["app", "main"]
