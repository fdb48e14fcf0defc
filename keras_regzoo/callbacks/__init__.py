"""Callbacks: what happens over epochs and steps."""

from keras_regzoo.callbacks.consecutive_rise_stopping import ConsecutiveRiseStopping
from keras_regzoo.callbacks.continuation_scheduler import ContinuationScheduler
from keras_regzoo.callbacks.curriculum_scheduler import CurriculumScheduler
from keras_regzoo.callbacks.exact_resume import ExactResume
from keras_regzoo.callbacks.generalization_loss_stopping import GeneralizationLossStopping
from keras_regzoo.callbacks.gradient_monitor import GradientMonitor
from keras_regzoo.callbacks.gradual_unfreezing import GradualUnfreezing
from keras_regzoo.callbacks.magnitude_pruning import MagnitudePruning
from keras_regzoo.callbacks.multi_monitor_stopping import MultiMonitorStopping
from keras_regzoo.callbacks.progress_quotient_stopping import ProgressQuotientStopping
from keras_regzoo.callbacks.resample_dead_latents import ResampleDeadLatents
from keras_regzoo.callbacks.resumable import Resumable
from keras_regzoo.callbacks.scheduler import Scheduler
from keras_regzoo.callbacks.self_paced_scheduler import SelfPacedScheduler
from keras_regzoo.callbacks.snapshot_checkpoint import SnapshotCheckpoint
from keras_regzoo.callbacks.stochastic_weight_averaging import StochasticWeightAveraging
from keras_regzoo.callbacks.stopping import Stopping
from keras_regzoo.callbacks.target_stopping import TargetStopping
from keras_regzoo.callbacks.time_stopping import TimeStopping
from keras_regzoo.callbacks.top_k_checkpoint import TopKCheckpoint

__all__ = [
    "ConsecutiveRiseStopping",
    "ContinuationScheduler",
    "CurriculumScheduler",
    "ExactResume",
    "GeneralizationLossStopping",
    "GradientMonitor",
    "GradualUnfreezing",
    "MagnitudePruning",
    "MultiMonitorStopping",
    "ProgressQuotientStopping",
    "ResampleDeadLatents",
    "Resumable",
    "Scheduler",
    "SelfPacedScheduler",
    "SnapshotCheckpoint",
    "StochasticWeightAveraging",
    "Stopping",
    "TargetStopping",
    "TimeStopping",
    "TopKCheckpoint",
]
