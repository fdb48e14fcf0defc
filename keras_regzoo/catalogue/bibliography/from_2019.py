"""Publications since 2019, in order of year."""

from __future__ import annotations

from keras_regzoo.catalogue.bibliography.publications import ICLR, ICML, NEURIPS, article, talk

HACOHEN_2019 = talk(
    "hacohen2019power",
    "Guy Hacohen, Daphna Weinshall",
    2019,
    "On the Power of Curriculum Learning in Training Deep Networks",
    ICML.format(number="36th"),
    pages="2535--2544",
)
FRANKLE_2019 = talk(
    "frankle2019lottery",
    "Jonathan Frankle, Michael Carbin",
    2019,
    "The Lottery Ticket Hypothesis: Finding Sparse, Trainable Neural Networks",
    ICLR,
)
LOSHCHILOV_2019 = talk(
    "loshchilov2019decoupled",
    "Ilya Loshchilov, Frank Hutter",
    2019,
    "Decoupled Weight Decay Regularization",
    ICLR,
)
LOAIZAGANEM_2019 = talk(
    "loaizaganem2019continuous",
    "Gabriel Loaiza-Ganem, John P. Cunningham",
    2019,
    "The Continuous {Bernoulli}: Fixing a Pervasive Error in Variational Autoencoders",
    NEURIPS,
    volume="32",
)
MIYATO_2019 = article(
    "miyato2019virtual",
    "Takeru Miyato, Shin-ichi Maeda, Masanori Koyama, Shin Ishii",
    2019,
    "Virtual Adversarial Training: A Regularization Method for Supervised and Semi-Supervised "
    "Learning",
    "IEEE Transactions on Pattern Analysis and Machine Intelligence",
    volume="41",
    number="8",
    pages="1979--1993",
)
TUCKER_2019 = talk(
    "tucker2019doubly",
    "George Tucker, Dieterich Lawson, Shixiang Gu, Chris J. Maddison",
    2019,
    "Doubly Reparameterized Gradient Estimators for {Monte Carlo} Objectives",
    ICLR,
)
YUN_2019 = talk(
    "yun2019cutmix",
    "Sangdoo Yun, Dongyoon Han, Seong Joon Oh, Sanghyuk Chun, Junsuk Choe, Youngjoon Yoo",
    2019,
    "{CutMix}: Regularization Strategy to Train Strong Classifiers with Localizable Features",
    "Proceedings of the IEEE/CVF International Conference on Computer Vision",
)
ZHAO_2019 = talk(
    "zhao2019infovae",
    "Shengjia Zhao, Jiaming Song, Stefano Ermon",
    2019,
    "{InfoVAE}: Balancing Learning and Inference in Variational Autoencoders",
    "Proceedings of the AAAI Conference on Artificial Intelligence",
    volume="33",
    pages="5885--5892",
)
CASTELLS_2020 = talk(
    "castells2020superloss",
    "Thibault Castells, Philippe Weinzaepfel, Jerome Revaud",
    2020,
    "{SuperLoss}: A Generic Loss for Robust Curriculum Learning",
    NEURIPS,
    volume="33",
    pages="4308--4319",
)
CHEN_2020 = talk(
    "chen2020simple",
    "Ting Chen, Simon Kornblith, Mohammad Norouzi, Geoffrey Hinton",
    2020,
    "A Simple Framework for Contrastive Learning of Visual Representations",
    ICML.format(number="37th"),
    pages="1597--1607",
)
CUBUK_2020 = talk(
    "cubuk2020randaugment",
    "Ekin D. Cubuk, Barret Zoph, Jonathon Shlens, Quoc V. Le",
    2020,
    "{RandAugment}: Practical Automated Data Augmentation with a Reduced Search Space",
    "IEEE/CVF Conference on Computer Vision and Pattern Recognition Workshops",
    pages="702--703",
)
DHARIWAL_2020 = article(
    "dhariwal2020jukebox",
    "Prafulla Dhariwal, Heewoo Jun, Christine Payne, Jong Wook Kim, Alec Radford, Ilya Sutskever",
    2020,
    "Jukebox: A Generative Model for Music",
    "arXiv preprint arXiv:2005.00341",
)
FRANKLE_2020 = talk(
    "frankle2020linear",
    "Jonathan Frankle, Gintare Karolina Dziugaite, Daniel M. Roy, Michael Carbin",
    2020,
    "Linear Mode Connectivity and the Lottery Ticket Hypothesis",
    ICML,
)
GHOSH_2020 = talk(
    "ghosh2020variational",
    'Partha Ghosh, Mehdi S. M. Sajjadi, Antonio Vergari, Michael Black, Bernhard Sch{\\"o}lkopf',
    2020,
    "From Variational to Deterministic Autoencoders",
    ICLR,
)
KHOSLA_2020 = talk(
    "khosla2020supervised",
    "Prannay Khosla, Piotr Teterwak, Chen Wang, Aaron Sarna, Yonglong Tian, Phillip Isola, "
    "Aaron Maschinot, Ce Liu, Dilip Krishnan",
    2020,
    "Supervised Contrastive Learning",
    NEURIPS,
    volume="33",
    pages="18661--18673",
)
BARRETT_2021 = talk(
    "barrett2021implicit",
    "David G. T. Barrett, Benoit Dherin",
    2021,
    "Implicit Gradient Regularization",
    ICLR,
)
FORET_2021 = talk(
    "foret2021sharpness",
    "Pierre Foret, Ariel Kleiner, Hossein Mobahi, Behnam Neyshabur",
    2021,
    "Sharpness-Aware Minimization for Efficiently Improving Generalization",
    ICLR,
)
LIANG_2021 = talk(
    "liang2021rdrop",
    "Xiaobo Liang, Lijun Wu, Juntao Li, Yue Wang, Qi Meng, Tao Qin, Wei Chen, Min Zhang, "
    "Tie-Yan Liu",
    2021,
    "{R-Drop}: Regularized Dropout for Neural Networks",
    NEURIPS,
    volume="34",
    pages="10890--10905",
)
MOHAN_2021 = talk(
    "mohan2021checkfreq",
    "Jayashree Mohan, Amar Phanishayee, Vijay Chidambaram",
    2021,
    "{CheckFreq}: Frequent, Fine-Grained {DNN} Checkpointing",
    "19th USENIX Conference on File and Storage Technologies (FAST)",
)
SMITH_2021 = talk(
    "smith2021origin",
    "Samuel L. Smith, Benoit Dherin, David G. T. Barrett, Soham De",
    2021,
    "On the Origin of Implicit Regularization in Stochastic Gradient Descent",
    ICLR,
)
WU_2021 = talk(
    "wu2021curricula",
    "Xiaoxia Wu, Ethan Dyer, Behnam Neyshabur",
    2021,
    "When Do Curricula Work?",
    ICLR,
)
BRICKEN_2023 = article(
    "bricken2023monosemanticity",
    "Trenton Bricken, Adly Templeton, Joshua Batson, Brian Chen, Adam Jermyn, Tom Conerly, "
    "Nick Turner, Cem Anil, Carson Denison, Amanda Askell, Robert Lasenby, Yifan Wu, "
    "Shauna Kravec, Nicholas Schiefer, Tim Maxwell, Nicholas Joseph, Zac Hatfield-Dodds, "
    "Alex Tamkin, Karina Nguyen, Brayden McLean, Josiah E. Burke, Tristan Hume, Shan Carter, "
    "Tom Henighan, Christopher Olah",
    2023,
    "Towards Monosemanticity: Decomposing Language Models With Dictionary Learning",
    "Transformer Circuits Thread",
)
GAO_2024 = article(
    "gao2024scaling",
    "Leo Gao, Tom Dupr{\\'e} la Tour, Henk Tillman, Gabriel Goh, Rajan Troll, Alec Radford, "
    "Ilya Sutskever, Jan Leike, Jeffrey Wu",
    2024,
    "Scaling and Evaluating Sparse Autoencoders",
    "arXiv preprint arXiv:2406.04093",
)
RAJAMANOHARAN_2024 = article(
    "rajamanoharan2024jumping",
    "Senthooran Rajamanoharan, Tom Lieberum, Nicolas Sonnerat, Arthur Conmy, Vikrant Varma, "
    "J{\\'a}nos Kram{\\'a}r, Neel Nanda",
    2024,
    "Jumping Ahead: Improving Reconstruction Fidelity with {JumpReLU} Sparse Autoencoders",
    "arXiv preprint arXiv:2407.14435",
)
ZHOU_2024 = talk(
    "zhou2024curbench",
    "Yuwei Zhou, Zirui Pan, Xin Wang, Hong Chen, Haoyang Li, Yanwen Huang, Zhixiao Xiong, "
    "Fangzhou Xiong, Peiyang Xu, Shengnan Liu, Wenwu Zhu",
    2024,
    "{CurBench}: Curriculum Learning Benchmark",
    ICML.format(number="41st"),
)
ZHOU_2021 = talk(
    "zhou2021learning",
    "Aojun Zhou, Yukun Ma, Junnan Zhu, Jianbo Liu, Zhijie Zhang, Kun Yuan, Wenxiu Sun, "
    "Hongsheng Li",
    2021,
    "Learning {N:M} Fine-grained Structured Sparse Neural Networks from Scratch",
    ICLR,
)
WORTSMAN_2022 = talk(
    "wortsman2022model",
    "Mitchell Wortsman, Gabriel Ilharco, Samir Yitzhak Gadre, Rebecca Roelofs, "
    "Raphael Gontijo-Lopes, Ari S. Morcos, Hongseok Namkoong, Ali Farhadi, Yair Carmon, "
    "Simon Kornblith, Ludwig Schmidt",
    2022,
    "Model Soups: Averaging Weights of Multiple Fine-tuned Models Improves Accuracy without "
    "Increasing Inference Time",
    ICML,
)
