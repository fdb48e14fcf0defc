"""Training layer by layer, and on from there."""

from __future__ import annotations

from keras_regzoo.catalogue import bibliography as papers
from keras_regzoo.catalogue.entry import Cost, Entry

ENTRIES: tuple[Entry, ...] = (
    Entry(
        name="greedy_pretraining",
        kind="training",
        summary="Trains a deep network layer by layer, each as an autoencoder of the codes below, "
        "before it is trained as a whole.",
        equation="min E[ℓ(h_{k−1}, g_k(f_k(h̃_{k−1})))],   h_k = f_k(h_{k−1}),   h_0 = x",
        when="Few labels beside many examples; deep sigmoid or tanh networks, which hardly train "
        "from random weights; deep autoencoders.",
        when_not="Labels are many and activations rectified, with normalization and residual "
        "connections: random weights then do as well.",
        suggested="masking noise of rate 0.25 in each layer, then fine-tuning (Vincent et al. 2010 "
        "chose from 0.1 to 0.5)",
        composes_badly_with="Codes that leave [0, 1] under a cross-entropy; an overcomplete layer "
        "without corruption or sparsity, which copies.",
        reference=papers.HINTON_2006.at("figure 1"),
        further=(papers.BENGIO_2007, papers.VINCENT_2010, papers.ERHAN_2010),
        aliases=("layerwise_pretraining", "unsupervised_pretraining"),
        symbol="keras_regzoo.training.greedy_pretrain",
        evidence="benchmarks/results/stacked_autoencoder.json",
        cost=Cost(note="one training of a shallow autoencoder a layer"),
    ),
    Entry(
        name="supervised_pretraining",
        kind="training",
        summary="Trains a deep network layer by layer, each with a temporary output layer on the "
        "labels.",
        equation="min E[ℓ(y, softmax(V_k f_k(h_{k−1})))],   h_k = f_k(h_{k−1});   V_k dropped",
        when="As the control that tells what pretraining gains from going layer by layer, and what "
        "from leaving the labels aside.",
        when_not="Examples without labels are at hand: autoencoders use them.",
        suggested="compare with greedy pretraining for as many epochs",
        composes_badly_with="Narrow lower layers, which keep only what tells the classes apart at "
        "once.",
        reference=papers.BENGIO_2007.at("the greedy layer-wise supervised strategy"),
        further=(papers.ERHAN_2010,),
        symbol="keras_regzoo.training.supervised_pretrain",
        cost=Cost(note="one training of a shallow classifier a layer"),
    ),
    Entry(
        name="fine_tuning",
        kind="training",
        summary="Puts a head on a pretrained encoder and trains both on labels, the head alone "
        "first if wanted.",
        equation="min over V: E[ℓ(y, V(f(x)))],   then over V and f",
        when="An encoder has learnt from more examples than have labels.",
        when_not="Labels are so few that moving the encoder only fits them: keep it frozen.",
        suggested="the head alone until it settles, so that its first gradients do not spoil the "
        "encoder (ours); then a low learning rate",
        composes_badly_with="Batch normalization in the encoder on data of another distribution.",
        reference=papers.BENGIO_2007.at("supervised fine-tuning"),
        further=(papers.HINTON_2006,),
        symbol="keras_regzoo.training.pretrain_classifier",
        cost=Cost(note="an ordinary training; frozen epochs without the encoder's backward pass"),
    ),
)
