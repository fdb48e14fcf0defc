"""Publications from 2006 to 2014, in order of year."""

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

BISHOP_2006 = Reference(
    "bishop2006pattern",
    ("Christopher M. Bishop",),
    2006,
    "Pattern Recognition and Machine Learning",
    "book",
    {"publisher": "Springer"},
)
HINTON_2006 = article(
    "hinton2006reducing",
    "Geoffrey E. Hinton, Ruslan R. Salakhutdinov",
    2006,
    "Reducing the Dimensionality of Data with Neural Networks",
    "Science",
    volume="313",
    number="5786",
    pages="504--507",
)
LASSERRE_2006 = talk(
    "lasserre2006principled",
    "Julia A. Lasserre, Christopher M. Bishop, Thomas P. Minka",
    2006,
    "Principled Hybrids of Generative and Discriminative Models",
    CVPR,
    pages="87--94",
)
YUAN_2006 = article(
    "yuan2006model",
    "Ming Yuan, Yi Lin",
    2006,
    "Model Selection and Estimation in Regression with Grouped Variables",
    "Journal of the Royal Statistical Society: Series B",
    volume="68",
    number="1",
    pages="49--67",
)
BENGIO_2007 = talk(
    "bengio2007greedy",
    "Yoshua Bengio, Pascal Lamblin, Dan Popovici, Hugo Larochelle",
    2007,
    "Greedy Layer-Wise Training of Deep Networks",
    NEURIPS,
    volume="19",
    pages="153--160",
)
RAHIMI_2007 = talk(
    "rahimi2007random",
    "Ali Rahimi, Benjamin Recht",
    2007,
    "Random Features for Large-Scale Kernel Machines",
    NEURIPS,
    volume="20",
)
DUCHI_2008 = talk(
    "duchi2008efficient",
    "John Duchi, Shai Shalev-Shwartz, Yoram Singer, Tushar Chandra",
    2008,
    "Efficient Projections onto the $\\ell_1$-Ball for Learning in High Dimensions",
    ICML.format(number="25th"),
    pages="272--279",
)
VINCENT_2008 = talk(
    "vincent2008extracting",
    "Pascal Vincent, Hugo Larochelle, Yoshua Bengio, Pierre-Antoine Manzagol",
    2008,
    "Extracting and Composing Robust Features with Denoising Autoencoders",
    ICML.format(number="25th"),
    pages="1096--1103",
)
BENGIO_2009 = talk(
    "bengio2009curriculum",
    "Yoshua Bengio, J{\\'e}r{\\^o}me Louradour, Ronan Collobert, Jason Weston",
    2009,
    "Curriculum Learning",
    ICML.format(number="26th"),
    pages="41--48",
)
BECK_2009 = article(
    "beck2009fast",
    "Amir Beck, Marc Teboulle",
    2009,
    "A Fast Iterative Shrinkage-Thresholding Algorithm for Linear Inverse Problems",
    "SIAM Journal on Imaging Sciences",
    volume="2",
    number="1",
    pages="183--202",
)
VINCENT_2010 = article(
    "vincent2010stacked",
    "Pascal Vincent, Hugo Larochelle, Isabelle Lajoie, Yoshua Bengio, Pierre-Antoine Manzagol",
    2010,
    "Stacked Denoising Autoencoders: Learning Useful Representations in a Deep Network "
    "with a Local Denoising Criterion",
    "Journal of Machine Learning Research",
    volume="11",
    pages="3371--3408",
)
ERHAN_2010 = article(
    "erhan2010why",
    "Dumitru Erhan, Yoshua Bengio, Aaron Courville, Pierre-Antoine Manzagol, Pascal Vincent, "
    "Samy Bengio",
    2010,
    "Why Does Unsupervised Pre-training Help Deep Learning?",
    "Journal of Machine Learning Research",
    volume="11",
    pages="625--660",
)
GLOROT_2010 = talk(
    "glorot2010understanding",
    "Xavier Glorot, Yoshua Bengio",
    2010,
    "Understanding the Difficulty of Training Deep Feedforward Neural Networks",
    "Proceedings of the Thirteenth International Conference on Artificial Intelligence "
    "and Statistics",
    pages="249--256",
)
KUMAR_2010 = talk(
    "kumar2010selfpaced",
    "M. Pawan Kumar, Benjamin Packer, Daphne Koller",
    2010,
    "Self-Paced Learning for Latent Variable Models",
    NEURIPS,
    volume="23",
    pages="1189--1197",
)
RECHT_2010 = article(
    "recht2010guaranteed",
    "Benjamin Recht, Maryam Fazel, Pablo A. Parrilo",
    2010,
    "Guaranteed Minimum-Rank Solutions of Linear Matrix Equations via Nuclear Norm Minimization",
    "SIAM Review",
    volume="52",
    number="3",
    pages="471--501",
)
GRAVES_2011 = talk(
    "graves2011practical",
    "Alex Graves",
    2011,
    "Practical Variational Inference for Neural Networks",
    NEURIPS,
    volume="24",
    pages="2348--2356",
)
GLOROT_2011 = talk(
    "glorot2011deep",
    "Xavier Glorot, Antoine Bordes, Yoshua Bengio",
    2011,
    "Deep Sparse Rectifier Neural Networks",
    "Proceedings of the Fourteenth International Conference on Artificial Intelligence "
    "and Statistics",
    pages="315--323",
)
MASCI_2011 = talk(
    "masci2011stacked",
    'Jonathan Masci, Ueli Meier, Dan Ciresan, J{\\"u}rgen Schmidhuber',
    2011,
    "Stacked Convolutional Auto-Encoders for Hierarchical Feature Extraction",
    "International Conference on Artificial Neural Networks",
    pages="52--59",
)
NG_2011 = article(
    "ng2011sparse",
    "Andrew Ng",
    2011,
    "Sparse Autoencoder",
    "CS294A Lecture Notes, Stanford University",
)
RIFAI_2011 = talk(
    "rifai2011contractive",
    "Salah Rifai, Pascal Vincent, Xavier Muller, Xavier Glorot, Yoshua Bengio",
    2011,
    "Contractive Auto-Encoders: Explicit Invariance During Feature Extraction",
    ICML.format(number="28th"),
    pages="833--840",
)
RIFAI_2011_HIGHER = talk(
    "rifai2011higher",
    "Salah Rifai, Gr{\\'e}goire Mesnil, Pascal Vincent, Xavier Muller, Yoshua Bengio, "
    "Yann Dauphin, Xavier Glorot",
    2011,
    "Higher Order Contractive Auto-Encoder",
    "European Conference on Machine Learning and Knowledge Discovery in Databases",
    pages="645--660",
)
RIFAI_2011_TANGENTS = talk(
    "rifai2011manifold",
    "Salah Rifai, Yann N. Dauphin, Pascal Vincent, Yoshua Bengio, Xavier Muller",
    2011,
    "The Manifold Tangent Classifier",
    NEURIPS,
    volume="24",
    pages="2294--2302",
)
GRETTON_2012 = article(
    "gretton2012kernel",
    'Arthur Gretton, Karsten M. Borgwardt, Malte J. Rasch, Bernhard Sch{\\"o}lkopf, '
    "Alexander Smola",
    2012,
    "A Kernel Two-Sample Test",
    "Journal of Machine Learning Research",
    volume="13",
    number="25",
    pages="723--773",
)
KRIZHEVSKY_2012 = talk(
    "krizhevsky2012imagenet",
    "Alex Krizhevsky, Ilya Sutskever, Geoffrey E. Hinton",
    2012,
    "{ImageNet} Classification with Deep Convolutional Neural Networks",
    NEURIPS,
    volume="25",
)
PASCANU_2013 = talk(
    "pascanu2013difficulty",
    "Razvan Pascanu, Tomas Mikolov, Yoshua Bengio",
    2013,
    "On the Difficulty of Training Recurrent Neural Networks",
    ICML.format(number="30th"),
    pages="1310--1318",
)
WAN_2013 = talk(
    "wan2013regularization",
    "Li Wan, Matthew Zeiler, Sixin Zhang, Yann LeCun, Rob Fergus",
    2013,
    "Regularization of Neural Networks using {DropConnect}",
    ICML.format(number="30th"),
    pages="1058--1066",
)
GRAVES_2013 = talk(
    "graves2013speech",
    "Alex Graves, Abdel-rahman Mohamed, Geoffrey Hinton",
    2013,
    "Speech Recognition with Deep Recurrent Neural Networks",
    "IEEE International Conference on Acoustics, Speech and Signal Processing",
    pages="6645--6649",
)
GOODFELLOW_2013 = talk(
    "goodfellow2013maxout",
    "Ian J. Goodfellow, David Warde-Farley, Mehdi Mirza, Aaron Courville, Yoshua Bengio",
    2013,
    "Maxout Networks",
    ICML.format(number="30th"),
    pages="1319--1327",
)
LEFKIMMIATIS_2013 = article(
    "lefkimmiatis2013hessian",
    "Stamatios Lefkimmiatis, John Paul Ward, Michael Unser",
    2013,
    "Hessian {Schatten}-Norm Regularization for Linear Inverse Problems",
    "IEEE Transactions on Image Processing",
    volume="22",
    number="5",
    pages="1873--1888",
)
SIMON_2013 = article(
    "simon2013sparse",
    "Noah Simon, Jerome Friedman, Trevor Hastie, Robert Tibshirani",
    2013,
    "A Sparse-Group Lasso",
    "Journal of Computational and Graphical Statistics",
    volume="22",
    number="2",
    pages="231--245",
)
LEE_2013 = talk(
    "lee2013pseudo",
    "Dong-Hyun Lee",
    2013,
    "Pseudo-Label: The Simple and Efficient Semi-Supervised Learning Method for Deep Neural "
    "Networks",
    "ICML Workshop on Challenges in Representation Learning",
)
JIANG_2014 = talk(
    "jiang2014easy",
    "Lu Jiang, Deyu Meng, Teruko Mitamura, Alexander G. Hauptmann",
    2014,
    "Easy Samples First: Self-Paced Reranking for Zero-Example Multimedia Search",
    "Proceedings of the 22nd ACM International Conference on Multimedia",
    pages="547--556",
)
SRIVASTAVA_2014 = article(
    "srivastava2014dropout",
    "Nitish Srivastava, Geoffrey Hinton, Alex Krizhevsky, Ilya Sutskever, Ruslan Salakhutdinov",
    2014,
    "Dropout: A Simple Way to Prevent Neural Networks from Overfitting",
    "Journal of Machine Learning Research",
    volume="15",
    pages="1929--1958",
)
KINGMA_2014 = talk(
    "kingma2014auto",
    "Diederik P. Kingma, Max Welling",
    2014,
    "Auto-Encoding Variational {Bayes}",
    ICLR,
)
MAKHZANI_2014 = talk(
    "makhzani2014ksparse",
    "Alireza Makhzani, Brendan Frey",
    2014,
    "k-Sparse Autoencoders",
    ICLR,
)
