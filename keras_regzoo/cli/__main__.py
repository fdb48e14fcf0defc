"""`python -m keras_regzoo.cli` is `regzoo`."""

from keras_regzoo.cli.app import main

main()
