"""The publications the catalogue cites."""

from keras_regzoo.catalogue.bibliography.from_2006 import *  # noqa: F403
from keras_regzoo.catalogue.bibliography.from_2015 import *  # noqa: F403
from keras_regzoo.catalogue.bibliography.from_2017 import *  # noqa: F403
from keras_regzoo.catalogue.bibliography.from_2019 import *  # noqa: F403
from keras_regzoo.catalogue.bibliography.until_2005 import *  # noqa: F403
