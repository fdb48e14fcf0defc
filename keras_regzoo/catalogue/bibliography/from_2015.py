"""Publications from 2015 to 2016, in order of year."""

from __future__ import annotations

from keras_regzoo.catalogue.bibliography.publications import (
    CVPR,
    ICLR,
    ICML,
    NEURIPS,
    article,
    talk,
)
from keras_regzoo.catalogue.reference import Reference

GOODFELLOW_2015 = talk(
    "goodfellow2015explaining",
    "Ian J. Goodfellow, Jonathon Shlens, Christian Szegedy",
    2015,
    "Explaining and Harnessing Adversarial Examples",
    ICLR,
)
HAN_2015 = talk(
    "han2015learning",
    "Song Han, Jeff Pool, John Tran, William J. Dally",
    2015,
    "Learning both Weights and Connections for Efficient Neural Network",
    NEURIPS,
    volume="28",
)
HINTON_2015 = article(
    "hinton2015distilling",
    "Geoffrey Hinton, Oriol Vinyals, Jeff Dean",
    2015,
    "Distilling the Knowledge in a Neural Network",
    "arXiv preprint arXiv:1503.02531",
)
IOFFE_2015 = talk(
    "ioffe2015batch",
    "Sergey Ioffe, Christian Szegedy",
    2015,
    "Batch Normalization: Accelerating Deep Network Training by Reducing Internal Covariate Shift",
    ICML.format(number="32nd"),
    pages="448--456",
)
SRIVASTAVA_2015 = article(
    "srivastava2015highway",
    'Rupesh Kumar Srivastava, Klaus Greff, J{\\"u}rgen Schmidhuber',
    2015,
    "Highway Networks",
    "arXiv preprint arXiv:1505.00387",
)
SOHN_2015 = talk(
    "sohn2015learning",
    "Kihyuk Sohn, Honglak Lee, Xinchen Yan",
    2015,
    "Learning Structured Output Representation using Deep Conditional Generative Models",
    NEURIPS,
    volume="28",
)
TOMPSON_2015 = talk(
    "tompson2015efficient",
    "Jonathan Tompson, Ross Goroshin, Arjun Jain, Yann LeCun, Christoph Bregler",
    2015,
    "Efficient Object Localization Using Convolutional Networks",
    CVPR,
    pages="648--656",
)
MAKHZANI_2015 = talk(
    "makhzani2015winner",
    "Alireza Makhzani, Brendan Frey",
    2015,
    "Winner-Take-All Autoencoders",
    NEURIPS,
    volume="28",
)
BA_2016 = article(
    "ba2016layer",
    "Jimmy Lei Ba, Jamie Ryan Kiros, Geoffrey E. Hinton",
    2016,
    "Layer Normalization",
    "arXiv preprint arXiv:1607.06450",
)
BOWMAN_2016 = talk(
    "bowman2016generating",
    "Samuel R. Bowman, Luke Vilnis, Oriol Vinyals, Andrew M. Dai, Rafal Jozefowicz, Samy Bengio",
    2016,
    "Generating Sentences from a Continuous Space",
    "Proceedings of the 20th SIGNLL Conference on Computational Natural Language Learning",
    pages="10--21",
)
BURDA_2016 = talk(
    "burda2016importance",
    "Yuri Burda, Roger Grosse, Ruslan Salakhutdinov",
    2016,
    "Importance Weighted Autoencoders",
    ICLR,
)
GAL_2016 = talk(
    "gal2016dropout",
    "Yarin Gal, Zoubin Ghahramani",
    2016,
    "Dropout as a {Bayesian} Approximation: Representing Model Uncertainty in Deep Learning",
    ICML.format(number="33rd"),
    pages="1050--1059",
)
GANIN_2016 = article(
    "ganin2016domain",
    "Yaroslav Ganin, Evgeniya Ustinova, Hana Ajakan, Pascal Germain, Hugo Larochelle, "
    "Fran{\\c c}ois Laviolette, Mario Marchand, Victor Lempitsky",
    2016,
    "Domain-Adversarial Training of Neural Networks",
    "Journal of Machine Learning Research",
    volume="17",
    number="59",
    pages="1--35",
)
GOODFELLOW_2016 = Reference(
    "goodfellow2016deep",
    ("Ian Goodfellow", "Yoshua Bengio", "Aaron Courville"),
    2016,
    "Deep Learning",
    "book",
    {"publisher": "MIT Press"},
)
HE_2016 = talk(
    "he2016deep",
    "Kaiming He, Xiangyu Zhang, Shaoqing Ren, Jian Sun",
    2016,
    "Deep Residual Learning for Image Recognition",
    CVPR,
    pages="770--778",
)
HUANG_2016 = talk(
    "huang2016deep",
    "Gao Huang, Yu Sun, Zhuang Liu, Daniel Sedra, Kilian Q. Weinberger",
    2016,
    "Deep Networks with Stochastic Depth",
    "European Conference on Computer Vision",
    pages="646--661",
)
LAPTEV_2016 = talk(
    "laptev2016ti",
    "Dmitry Laptev, Nikolay Savinov, Joachim M. Buhmann, Marc Pollefeys",
    2016,
    "{TI-Pooling}: Transformation-Invariant Pooling for Feature Learning in Convolutional "
    "Neural Networks",
    CVPR,
    pages="289--297",
)
MOBAHI_2016 = article(
    "mobahi2016training",
    "Hossein Mobahi",
    2016,
    "Training Recurrent Neural Networks by Diffusion",
    "arXiv preprint arXiv:1601.04114",
)
SALIMANS_2016 = talk(
    "salimans2016weight",
    "Tim Salimans, Diederik P. Kingma",
    2016,
    "Weight Normalization: A Simple Reparameterization to Accelerate Training of Deep Neural "
    "Networks",
    NEURIPS,
    volume="29",
)
SZEGEDY_2016 = talk(
    "szegedy2016rethinking",
    "Christian Szegedy, Vincent Vanhoucke, Sergey Ioffe, Jon Shlens, Zbigniew Wojna",
    2016,
    "Rethinking the Inception Architecture for Computer Vision",
    CVPR,
    pages="2818--2826",
)
KINGMA_2016 = talk(
    "kingma2016improved",
    "Diederik P. Kingma, Tim Salimans, Rafal Jozefowicz, Xi Chen, Ilya Sutskever, Max Welling",
    2016,
    "Improved Variational Inference with Inverse Autoregressive Flow",
    NEURIPS,
    volume="29",
)
