"""Training in several fits: plain functions around `model.fit`."""

from keras_regzoo.training.continue_to_objective import Continued, continue_to_objective
from keras_regzoo.training.cross_validate import cross_validate
from keras_regzoo.training.cross_validation import CrossValidation
from keras_regzoo.training.find_lottery_ticket import find_lottery_ticket
from keras_regzoo.training.fine_tuned import FineTuned
from keras_regzoo.training.greedy_pretrain import greedy_pretrain
from keras_regzoo.training.lottery_ticket import LotteryTicket
from keras_regzoo.training.pretrain_classifier import pretrain_classifier
from keras_regzoo.training.pretraining import Pretraining
from keras_regzoo.training.retrain_on_all_data import Retrained, retrain_on_all_data
from keras_regzoo.training.self_train import self_train
from keras_regzoo.training.self_training import SelfTraining
from keras_regzoo.training.supervised_pretrain import supervised_pretrain

__all__ = [
    "Continued",
    "CrossValidation",
    "FineTuned",
    "LotteryTicket",
    "Pretraining",
    "Retrained",
    "SelfTraining",
    "continue_to_objective",
    "cross_validate",
    "find_lottery_ticket",
    "greedy_pretrain",
    "pretrain_classifier",
    "retrain_on_all_data",
    "self_train",
    "supervised_pretrain",
]
