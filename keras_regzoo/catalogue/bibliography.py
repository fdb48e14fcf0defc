"""The publications the catalogue cites, in order of year."""

from __future__ import annotations

from keras_regzoo.catalogue.reference import Reference

ICLR = "International Conference on Learning Representations"
ICML = "Proceedings of the {number} International Conference on Machine Learning"
NEURIPS = "Advances in Neural Information Processing Systems"
CVPR = "Proceedings of the IEEE Conference on Computer Vision and Pattern Recognition"


def _article(
    key: str, authors: str, year: int, title: str, journal: str, **venue: str
) -> Reference:
    return Reference(
        key, tuple(authors.split(", ")), year, title, "article", {"journal": journal, **venue}
    )


def _talk(key: str, authors: str, year: int, title: str, booktitle: str, **venue: str) -> Reference:
    return Reference(
        key,
        tuple(authors.split(", ")),
        year,
        title,
        "inproceedings",
        {"booktitle": booktitle, **venue},
    )


HOERL_1970 = _article(
    "hoerl1970ridge",
    "Arthur E. Hoerl, Robert W. Kennard",
    1970,
    "Ridge Regression: Biased Estimation for Nonorthogonal Problems",
    "Technometrics",
    volume="12",
    number="1",
    pages="55--67",
)
KROGH_1992 = _talk(
    "krogh1992simple",
    "Anders Krogh, John A. Hertz",
    1992,
    "A Simple Weight Decay Can Improve Generalization",
    NEURIPS,
    volume="4",
    pages="950--957",
)
POLYAK_1992 = _article(
    "polyak1992acceleration",
    "Boris T. Polyak, Anatoli B. Juditsky",
    1992,
    "Acceleration of Stochastic Approximation by Averaging",
    "SIAM Journal on Control and Optimization",
    volume="30",
    number="4",
    pages="838--855",
)
BISHOP_1995 = _article(
    "bishop1995training",
    "Chris M. Bishop",
    1995,
    "Training with Noise is Equivalent to {Tikhonov} Regularization",
    "Neural Computation",
    volume="7",
    number="1",
    pages="108--116",
)
AN_1996 = _article(
    "an1996effects",
    "Guozhong An",
    1996,
    "The Effects of Adding Noise During Backpropagation Training on a Generalization Performance",
    "Neural Computation",
    volume="8",
    number="3",
    pages="643--674",
)
TIBSHIRANI_1996 = _article(
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
LEE_1999 = _article(
    "lee1999learning",
    "Daniel D. Lee, H. Sebastian Seung",
    1999,
    "Learning the Parts of Objects by Non-Negative Matrix Factorization",
    "Nature",
    volume="401",
    pages="788--791",
)
ZOU_2005 = _article(
    "zou2005regularization",
    "Hui Zou, Trevor Hastie",
    2005,
    "Regularization and Variable Selection via the Elastic Net",
    "Journal of the Royal Statistical Society: Series B",
    volume="67",
    number="2",
    pages="301--320",
)
HINTON_2006 = _article(
    "hinton2006reducing",
    "Geoffrey E. Hinton, Ruslan R. Salakhutdinov",
    2006,
    "Reducing the Dimensionality of Data with Neural Networks",
    "Science",
    volume="313",
    number="5786",
    pages="504--507",
)
YUAN_2006 = _article(
    "yuan2006model",
    "Ming Yuan, Yi Lin",
    2006,
    "Model Selection and Estimation in Regression with Grouped Variables",
    "Journal of the Royal Statistical Society: Series B",
    volume="68",
    number="1",
    pages="49--67",
)
DUCHI_2008 = _talk(
    "duchi2008efficient",
    "John Duchi, Shai Shalev-Shwartz, Yoram Singer, Tushar Chandra",
    2008,
    "Efficient Projections onto the $\\ell_1$-Ball for Learning in High Dimensions",
    ICML.format(number="25th"),
    pages="272--279",
)
VINCENT_2008 = _talk(
    "vincent2008extracting",
    "Pascal Vincent, Hugo Larochelle, Yoshua Bengio, Pierre-Antoine Manzagol",
    2008,
    "Extracting and Composing Robust Features with Denoising Autoencoders",
    ICML.format(number="25th"),
    pages="1096--1103",
)
BENGIO_2009 = _talk(
    "bengio2009curriculum",
    "Yoshua Bengio, J{\\'e}r{\\^o}me Louradour, Ronan Collobert, Jason Weston",
    2009,
    "Curriculum Learning",
    ICML.format(number="26th"),
    pages="41--48",
)
VINCENT_2010 = _article(
    "vincent2010stacked",
    "Pascal Vincent, Hugo Larochelle, Isabelle Lajoie, Yoshua Bengio, Pierre-Antoine Manzagol",
    2010,
    "Stacked Denoising Autoencoders: Learning Useful Representations in a Deep Network "
    "with a Local Denoising Criterion",
    "Journal of Machine Learning Research",
    volume="11",
    pages="3371--3408",
)
GRAVES_2011 = _talk(
    "graves2011practical",
    "Alex Graves",
    2011,
    "Practical Variational Inference for Neural Networks",
    NEURIPS,
    volume="24",
    pages="2348--2356",
)
GLOROT_2011 = _talk(
    "glorot2011deep",
    "Xavier Glorot, Antoine Bordes, Yoshua Bengio",
    2011,
    "Deep Sparse Rectifier Neural Networks",
    "Proceedings of the Fourteenth International Conference on Artificial Intelligence "
    "and Statistics",
    pages="315--323",
)
KRIZHEVSKY_2012 = _talk(
    "krizhevsky2012imagenet",
    "Alex Krizhevsky, Ilya Sutskever, Geoffrey E. Hinton",
    2012,
    "{ImageNet} Classification with Deep Convolutional Neural Networks",
    NEURIPS,
    volume="25",
)
PASCANU_2013 = _talk(
    "pascanu2013difficulty",
    "Razvan Pascanu, Tomas Mikolov, Yoshua Bengio",
    2013,
    "On the Difficulty of Training Recurrent Neural Networks",
    ICML.format(number="30th"),
    pages="1310--1318",
)
WAN_2013 = _talk(
    "wan2013regularization",
    "Li Wan, Matthew Zeiler, Sixin Zhang, Yann LeCun, Rob Fergus",
    2013,
    "Regularization of Neural Networks using {DropConnect}",
    ICML.format(number="30th"),
    pages="1058--1066",
)
GRAVES_2013 = _talk(
    "graves2013speech",
    "Alex Graves, Abdel-rahman Mohamed, Geoffrey Hinton",
    2013,
    "Speech Recognition with Deep Recurrent Neural Networks",
    "IEEE International Conference on Acoustics, Speech and Signal Processing",
    pages="6645--6649",
)
SRIVASTAVA_2014 = _article(
    "srivastava2014dropout",
    "Nitish Srivastava, Geoffrey Hinton, Alex Krizhevsky, Ilya Sutskever, Ruslan Salakhutdinov",
    2014,
    "Dropout: A Simple Way to Prevent Neural Networks from Overfitting",
    "Journal of Machine Learning Research",
    volume="15",
    pages="1929--1958",
)
GOODFELLOW_2015 = _talk(
    "goodfellow2015explaining",
    "Ian J. Goodfellow, Jonathon Shlens, Christian Szegedy",
    2015,
    "Explaining and Harnessing Adversarial Examples",
    ICLR,
)
HINTON_2015 = _article(
    "hinton2015distilling",
    "Geoffrey Hinton, Oriol Vinyals, Jeff Dean",
    2015,
    "Distilling the Knowledge in a Neural Network",
    "arXiv preprint arXiv:1503.02531",
)
IOFFE_2015 = _talk(
    "ioffe2015batch",
    "Sergey Ioffe, Christian Szegedy",
    2015,
    "Batch Normalization: Accelerating Deep Network Training by Reducing Internal Covariate Shift",
    ICML.format(number="32nd"),
    pages="448--456",
)
TOMPSON_2015 = _talk(
    "tompson2015efficient",
    "Jonathan Tompson, Ross Goroshin, Arjun Jain, Yann LeCun, Christoph Bregler",
    2015,
    "Efficient Object Localization Using Convolutional Networks",
    CVPR,
    pages="648--656",
)
BA_2016 = _article(
    "ba2016layer",
    "Jimmy Lei Ba, Jamie Ryan Kiros, Geoffrey E. Hinton",
    2016,
    "Layer Normalization",
    "arXiv preprint arXiv:1607.06450",
)
BOWMAN_2016 = _talk(
    "bowman2016generating",
    "Samuel R. Bowman, Luke Vilnis, Oriol Vinyals, Andrew M. Dai, Rafal Jozefowicz, Samy Bengio",
    2016,
    "Generating Sentences from a Continuous Space",
    "Proceedings of the 20th SIGNLL Conference on Computational Natural Language Learning",
    pages="10--21",
)
GOODFELLOW_2016 = Reference(
    "goodfellow2016deep",
    ("Ian Goodfellow", "Yoshua Bengio", "Aaron Courville"),
    2016,
    "Deep Learning",
    "book",
    {"publisher": "MIT Press"},
)
HE_2016 = _talk(
    "he2016deep",
    "Kaiming He, Xiangyu Zhang, Shaoqing Ren, Jian Sun",
    2016,
    "Deep Residual Learning for Image Recognition",
    CVPR,
    pages="770--778",
)
SZEGEDY_2016 = _talk(
    "szegedy2016rethinking",
    "Christian Szegedy, Vincent Vanhoucke, Sergey Ioffe, Jon Shlens, Zbigniew Wojna",
    2016,
    "Rethinking the Inception Architecture for Computer Vision",
    CVPR,
    pages="2818--2826",
)
BROCK_2017 = _talk(
    "brock2017neural",
    "Andrew Brock, Theodore Lim, James M. Ritchie, Nick Weston",
    2017,
    "Neural Photo Editing with Introspective Adversarial Networks",
    ICLR,
)
KLAMBAUER_2017 = _talk(
    "klambauer2017self",
    'G{\\"u}nter Klambauer, Thomas Unterthiner, Andreas Mayr, Sepp Hochreiter',
    2017,
    "Self-Normalizing Neural Networks",
    NEURIPS,
    volume="30",
)
MORERIO_2017 = _talk(
    "morerio2017curriculum",
    "Pietro Morerio, Jacopo Cavazza, Riccardo Volpi, Ren{\\'e} Vidal, Vittorio Murino",
    2017,
    "Curriculum Dropout",
    "Proceedings of the IEEE International Conference on Computer Vision",
)
TARVAINEN_2017 = _talk(
    "tarvainen2017mean",
    "Antti Tarvainen, Harri Valpola",
    2017,
    "Mean Teachers are Better Role Models: Weight-Averaged Consistency Targets Improve "
    "Semi-Supervised Deep Learning Results",
    NEURIPS,
    volume="30",
)
MADRY_2018 = _talk(
    "madry2018towards",
    "Aleksander Madry, Aleksandar Makelov, Ludwig Schmidt, Dimitris Tsipras, Adrian Vladu",
    2018,
    "Towards Deep Learning Models Resistant to Adversarial Attacks",
    ICLR,
)
MIYATO_2018 = _talk(
    "miyato2018spectral",
    "Takeru Miyato, Toshiki Kataoka, Masanori Koyama, Yuichi Yoshida",
    2018,
    "Spectral Normalization for Generative Adversarial Networks",
    ICLR,
)
ZHANG_2018 = _talk(
    "zhang2018mixup",
    "Hongyi Zhang, Moustapha Cisse, Yann N. Dauphin, David Lopez-Paz",
    2018,
    "mixup: Beyond Empirical Risk Minimization",
    ICLR,
)
LOSHCHILOV_2019 = _talk(
    "loshchilov2019decoupled",
    "Ilya Loshchilov, Frank Hutter",
    2019,
    "Decoupled Weight Decay Regularization",
    ICLR,
)
YUN_2019 = _talk(
    "yun2019cutmix",
    "Sangdoo Yun, Dongyoon Han, Seong Joon Oh, Sanghyuk Chun, Junsuk Choe, Youngjoon Yoo",
    2019,
    "{CutMix}: Regularization Strategy to Train Strong Classifiers with Localizable Features",
    "Proceedings of the IEEE/CVF International Conference on Computer Vision",
)
CUBUK_2020 = _talk(
    "cubuk2020randaugment",
    "Ekin D. Cubuk, Barret Zoph, Jonathon Shlens, Quoc V. Le",
    2020,
    "{RandAugment}: Practical Automated Data Augmentation with a Reduced Search Space",
    "IEEE/CVF Conference on Computer Vision and Pattern Recognition Workshops",
    pages="702--703",
)
FORET_2021 = _talk(
    "foret2021sharpness",
    "Pierre Foret, Ariel Kleiner, Hossein Mobahi, Behnam Neyshabur",
    2021,
    "Sharpness-Aware Minimization for Efficiently Improving Generalization",
    ICLR,
)
