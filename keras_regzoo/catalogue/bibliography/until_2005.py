"""Publications until 2005, in order of year."""

from __future__ import annotations

from keras_regzoo.catalogue.bibliography.publications import NEURIPS, article, talk
from keras_regzoo.catalogue.reference import Reference

HOERL_1970 = article(
    "hoerl1970ridge",
    "Arthur E. Hoerl, Robert W. Kennard",
    1970,
    "Ridge Regression: Biased Estimation for Nonorthogonal Problems",
    "Technometrics",
    volume="12",
    number="1",
    pages="55--67",
)
STONE_1974 = article(
    "stone1974cross",
    "Mervyn Stone",
    1974,
    "Cross-Validatory Choice and Assessment of Statistical Predictions",
    "Journal of the Royal Statistical Society: Series B",
    volume="36",
    number="2",
    pages="111--147",
)
BROOMHEAD_1988 = article(
    "broomhead1988multivariable",
    "David S. Broomhead, David Lowe",
    1988,
    "Multivariable Functional Interpolation and Adaptive Networks",
    "Complex Systems",
    volume="2",
    number="3",
    pages="321--355",
)
MOODY_1989 = article(
    "moody1989fast",
    "John Moody, Christian J. Darken",
    1989,
    "Fast Learning in Networks of Locally-Tuned Processing Units",
    "Neural Computation",
    volume="1",
    number="2",
    pages="281--294",
)
HUTCHINSON_1990 = article(
    "hutchinson1990stochastic",
    "Michael F. Hutchinson",
    1990,
    "A Stochastic Estimator of the Trace of the Influence Matrix for {Laplacian} Smoothing Splines",
    "Communications in Statistics: Simulation and Computation",
    volume="19",
    number="2",
    pages="433--450",
)
DRUCKER_1992 = article(
    "drucker1992improving",
    "Harris Drucker, Yann {Le Cun}",
    1992,
    "Improving Generalization Performance Using Double Backpropagation",
    "IEEE Transactions on Neural Networks",
    volume="3",
    number="6",
    pages="991--997",
)
KROGH_1992 = talk(
    "krogh1992simple",
    "Anders Krogh, John A. Hertz",
    1992,
    "A Simple Weight Decay Can Improve Generalization",
    NEURIPS,
    volume="4",
    pages="950--957",
)
NOWLAN_1992 = article(
    "nowlan1992simplifying",
    "Steven J. Nowlan, Geoffrey E. Hinton",
    1992,
    "Simplifying Neural Networks by Soft Weight-Sharing",
    "Neural Computation",
    volume="4",
    number="4",
    pages="473--493",
)
POLYAK_1992 = article(
    "polyak1992acceleration",
    "Boris T. Polyak, Anatoli B. Juditsky",
    1992,
    "Acceleration of Stochastic Approximation by Averaging",
    "SIAM Journal on Control and Optimization",
    volume="30",
    number="4",
    pages="838--855",
)
SIMARD_1992 = talk(
    "simard1992tangent",
    "Patrice Simard, Bernard Victorri, Yann {Le Cun}, John Denker",
    1992,
    "Tangent Prop: A Formalism for Specifying Selected Invariances in an Adaptive Network",
    NEURIPS,
    volume="4",
    pages="895--903",
)
BISHOP_1995 = article(
    "bishop1995training",
    "Chris M. Bishop",
    1995,
    "Training with Noise is Equivalent to {Tikhonov} Regularization",
    "Neural Computation",
    volume="7",
    number="1",
    pages="108--116",
)
KOHAVI_1995 = talk(
    "kohavi1995study",
    "Ron Kohavi",
    1995,
    "A Study of Cross-Validation and Bootstrap for Accuracy Estimation and Model Selection",
    "Proceedings of the 14th International Joint Conference on Artificial Intelligence",
    pages="1137--1143",
)
YAROWSKY_1995 = talk(
    "yarowsky1995unsupervised",
    "David Yarowsky",
    1995,
    "Unsupervised Word Sense Disambiguation Rivaling Supervised Methods",
    "Proceedings of the 33rd Annual Meeting of the Association for Computational Linguistics",
    pages="189--196",
)
AN_1996 = article(
    "an1996effects",
    "Guozhong An",
    1996,
    "The Effects of Adding Noise During Backpropagation Training on a Generalization Performance",
    "Neural Computation",
    volume="8",
    number="3",
    pages="643--674",
)
OLSHAUSEN_1996 = article(
    "olshausen1996emergence",
    "Bruno A. Olshausen, David J. Field",
    1996,
    "Emergence of Simple-Cell Receptive Field Properties by Learning a Sparse Code for "
    "Natural Images",
    "Nature",
    volume="381",
    pages="607--609",
)
TIBSHIRANI_1996 = article(
    "tibshirani1996regression",
    "Robert Tibshirani",
    1996,
    "Regression Shrinkage and Selection via the Lasso",
    "Journal of the Royal Statistical Society: Series B",
    volume="58",
    number="1",
    pages="267--288",
)
PRECHELT_1998 = Reference(
    "prechelt1998early",
    ("Lutz Prechelt",),
    1998,
    "Early Stopping --- But When?",
    "incollection",
    {
        "booktitle": "Neural Networks: Tricks of the Trade",
        "series": "Lecture Notes in Computer Science",
        "volume": "1524",
        "publisher": "Springer",
        "pages": "55--69",
    },
)
SIMARD_1998 = Reference(
    "simard1998transformation",
    ("Patrice Y. Simard", "Yann A. {Le Cun}", "John S. Denker", "Bernard Victorri"),
    1998,
    "Transformation Invariance in Pattern Recognition: Tangent Distance and Tangent Propagation",
    "incollection",
    {"booktitle": "Neural Networks: Tricks of the Trade", "publisher": "Springer"},
)
LEE_1999 = article(
    "lee1999learning",
    "Daniel D. Lee, H. Sebastian Seung",
    1999,
    "Learning the Parts of Objects by Non-Negative Matrix Factorization",
    "Nature",
    volume="401",
    pages="788--791",
)
ZOU_2005 = article(
    "zou2005regularization",
    "Hui Zou, Trevor Hastie",
    2005,
    "Regularization and Variable Selection via the Elastic Net",
    "Journal of the Royal Statistical Society: Series B",
    volume="67",
    number="2",
    pages="301--320",
)
