"""Publications of 2017 and 2018, in order of year."""

from __future__ import annotations

from keras_regzoo.catalogue.bibliography.publications import (
    CVPR,
    ICLR,
    ICML,
    NEURIPS,
    article,
    talk,
)

ALEMI_2017 = talk(
    "alemi2017deep",
    "Alexander A. Alemi, Ian Fischer, Joshua V. Dillon, Kevin Murphy",
    2017,
    "Deep Variational Information Bottleneck",
    ICLR,
)
BROCK_2017 = talk(
    "brock2017neural",
    "Andrew Brock, Theodore Lim, James M. Ritchie, Nick Weston",
    2017,
    "Neural Photo Editing with Introspective Adversarial Networks",
    ICLR,
)
GAL_2017 = talk(
    "gal2017concrete",
    "Yarin Gal, Jiri Hron, Alex Kendall",
    2017,
    "Concrete Dropout",
    NEURIPS,
    volume="30",
)
HIGGINS_2017 = talk(
    "higgins2017beta",
    "Irina Higgins, Loic Matthey, Arka Pal, Christopher Burgess, Xavier Glorot, "
    "Matthew Botvinick, Shakir Mohamed, Alexander Lerchner",
    2017,
    "{beta-VAE}: Learning Basic Visual Concepts with a Constrained Variational Framework",
    ICLR,
)
HUANG_2017 = talk(
    "huang2017snapshot",
    "Gao Huang, Yixuan Li, Geoff Pleiss, Zhuang Liu, John E. Hopcroft, Kilian Q. Weinberger",
    2017,
    "Snapshot Ensembles: Train 1, Get {M} for Free",
    ICLR,
)
KLAMBAUER_2017 = talk(
    "klambauer2017self",
    'G{\\"u}nter Klambauer, Thomas Unterthiner, Andreas Mayr, Sepp Hochreiter',
    2017,
    "Self-Normalizing Neural Networks",
    NEURIPS,
    volume="30",
)
LAINE_2017 = talk(
    "laine2017temporal",
    "Samuli Laine, Timo Aila",
    2017,
    "Temporal Ensembling for Semi-Supervised Learning",
    ICLR,
)
MORERIO_2017 = talk(
    "morerio2017curriculum",
    "Pietro Morerio, Jacopo Cavazza, Riccardo Volpi, Ren{\\'e} Vidal, Vittorio Murino",
    2017,
    "Curriculum Dropout",
    "Proceedings of the IEEE International Conference on Computer Vision",
)
PATRINI_2017 = talk(
    "patrini2017making",
    "Giorgio Patrini, Alessandro Rozza, Aditya Krishna Menon, Richard Nock, Lizhen Qu",
    2017,
    "Making Deep Neural Networks Robust to Label Noise: A Loss Correction Approach",
    CVPR,
    pages="1944--1952",
)
PEREYRA_2017 = talk(
    "pereyra2017regularizing",
    "Gabriel Pereyra, George Tucker, Jan Chorowski, Lukasz Kaiser, Geoffrey Hinton",
    2017,
    "Regularizing Neural Networks by Penalizing Confident Output Distributions",
    "International Conference on Learning Representations, Workshop Track",
)
TARVAINEN_2017 = talk(
    "tarvainen2017mean",
    "Antti Tarvainen, Harri Valpola",
    2017,
    "Mean Teachers are Better Role Models: Weight-Averaged Consistency Targets Improve "
    "Semi-Supervised Deep Learning Results",
    NEURIPS,
    volume="30",
)
VASWANI_2017 = talk(
    "vaswani2017attention",
    "Ashish Vaswani, Noam Shazeer, Niki Parmar, Jakob Uszkoreit, Llion Jones, Aidan N. Gomez, "
    "Lukasz Kaiser, Illia Polosukhin",
    2017,
    "Attention Is All You Need",
    NEURIPS,
    volume="30",
)
YOSHIDA_2017 = article(
    "yoshida2017spectral",
    "Yuichi Yoshida, Takeru Miyato",
    2017,
    "Spectral Norm Regularization for Improving the Generalizability of Deep Learning",
    "arXiv preprint arXiv:1705.10941",
)
VANDENOORD_2017 = talk(
    "vandenoord2017neural",
    'A{\\"a}ron van den Oord, Oriol Vinyals, Koray Kavukcuoglu',
    2017,
    "Neural Discrete Representation Learning",
    NEURIPS,
    volume="30",
)
ZHU_2017 = article(
    "zhu2017prune",
    "Michael Zhu, Suyog Gupta",
    2017,
    "To Prune, or Not to Prune: Exploring the Efficacy of Pruning for Model Compression",
    "arXiv preprint arXiv:1710.01878",
)
CHEN_2018 = talk(
    "chen2018isolating",
    "Ricky T. Q. Chen, Xuechen Li, Roger B. Grosse, David K. Duvenaud",
    2018,
    "Isolating Sources of Disentanglement in Variational Autoencoders",
    NEURIPS,
    volume="31",
)
GHIASI_2018 = talk(
    "ghiasi2018dropblock",
    "Golnaz Ghiasi, Tsung-Yi Lin, Quoc V. Le",
    2018,
    "{DropBlock}: A Regularization Method for Convolutional Networks",
    NEURIPS,
    volume="31",
)
HAN_2018 = talk(
    "han2018coteaching",
    "Bo Han, Quanming Yao, Xingrui Yu, Gang Niu, Miao Xu, Weihua Hu, Ivor Tsang, Masashi Sugiyama",
    2018,
    "Co-teaching: Robust Training of Deep Neural Networks with Extremely Noisy Labels",
    NEURIPS,
    volume="31",
)
IZMAILOV_2018 = talk(
    "izmailov2018averaging",
    "Pavel Izmailov, Dmitrii Podoprikhin, Timur Garipov, Dmitry Vetrov, Andrew Gordon Wilson",
    2018,
    "Averaging Weights Leads to Wider Optima and Better Generalization",
    "Conference on Uncertainty in Artificial Intelligence",
)
HOWARD_2018 = talk(
    "howard2018universal",
    "Jeremy Howard, Sebastian Ruder",
    2018,
    "Universal Language Model Fine-tuning for Text Classification",
    "Proceedings of the 56th Annual Meeting of the Association for Computational Linguistics",
    pages="328--339",
)
KENDALL_2018 = talk(
    "kendall2018multitask",
    "Alex Kendall, Yarin Gal, Roberto Cipolla",
    2018,
    "Multi-Task Learning Using Uncertainty to Weigh Losses for Scene Geometry and Semantics",
    CVPR,
    pages="7482--7491",
)
LI_2018 = talk(
    "li2018explicit",
    "Xuhong Li, Yves Grandvalet, Franck Davoine",
    2018,
    "Explicit Inductive Bias for Transfer Learning with Convolutional Networks",
    ICML.format(number="35th"),
    pages="2825--2834",
)
MADRY_2018 = talk(
    "madry2018towards",
    "Aleksander Madry, Aleksandar Makelov, Ludwig Schmidt, Dimitris Tsipras, Adrian Vladu",
    2018,
    "Towards Deep Learning Models Resistant to Adversarial Attacks",
    ICLR,
)
MIYATO_2018 = talk(
    "miyato2018spectral",
    "Takeru Miyato, Toshiki Kataoka, Masanori Koyama, Yuichi Yoshida",
    2018,
    "Spectral Normalization for Generative Adversarial Networks",
    ICLR,
)
ROSS_2018 = talk(
    "ross2018improving",
    "Andrew Slavin Ross, Finale Doshi-Velez",
    2018,
    "Improving the Adversarial Robustness and Interpretability of Deep Neural Networks by "
    "Regularizing Their Input Gradients",
    "Proceedings of the AAAI Conference on Artificial Intelligence",
    volume="32",
)
TOLSTIKHIN_2018 = talk(
    "tolstikhin2018wasserstein",
    'Ilya Tolstikhin, Olivier Bousquet, Sylvain Gelly, Bernhard Sch{\\"o}lkopf',
    2018,
    "Wasserstein Auto-Encoders",
    ICLR,
)
ZHANG_2018 = talk(
    "zhang2018mixup",
    "Hongyi Zhang, Moustapha Cisse, Yann N. Dauphin, David Lopez-Paz",
    2018,
    "mixup: Beyond Empirical Risk Minimization",
    ICLR,
)
