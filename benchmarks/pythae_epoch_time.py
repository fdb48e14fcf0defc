"""What an epoch of a variational autoencoder takes, ours against pythae's.

    python -m benchmarks.pythae_epoch_time --pythae PYTHON     measures what is not saved yet
    python -m benchmarks.pythae_epoch_time --page              writes pythae_epoch_time.md

PYTHON is the interpreter of an environment of pythae's own:

    python -m venv build/pythae
    build/pythae/bin/pip install torch==2.13.0 pythae

Both train the same network, 784-512-16 and its mirror with ReLU, by the evidence lower bound with
Bernoulli pixels and Adam at 1e-3, on the same random images in memory, on the CPU. The time of an
epoch is the difference between a run of few epochs and one of more, over their number, so that
neither imports nor compilation count. The contenders take turns, each in a process that waits
while another is timed; a ratio is the median over rounds.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from benchmarks import machine, results_file

PIXELS, HIDDEN, LATENT = 784, 512, 16
EXAMPLES = 9600  # a multiple of all batch sizes up to 128; of 512, the next below
EPOCHS = (1, 4)
ROUNDS = 5
BATCHES = (32, 128, 512)
LIMITS = {32: 0.5, 128: 0.85, 512: 1.05}
BACKENDS = ("jax", "tensorflow")
RESULT = "pythae_epoch_time"
ROOT = Path(__file__).parents[1]

PAGE = """# The time of an epoch, beside pythae

Written by `python -m benchmarks.pythae_epoch_time --page` from `results/pythae_epoch_time.json`.

A variational autoencoder {pixels}-{hidden}-{latent} and its mirror (ReLU, Bernoulli pixels, Adam),
trained by `keras_regzoo.models.VariationalAutoencoder`, compiled with XLA, and by pythae's `VAE`
and `BaseTrainer` on PyTorch, in an environment of its own: {examples} images in memory, on the CPU.
An epoch's time is the difference between {few} epochs and {more}, over {difference}. The contenders
take turns; a ratio is the median over {rounds} rounds.

{table}

{verdict}

Measured with

{conditions}
- {peer}
"""

OURS = """
import json, sys, time
import numpy as np
import keras
from keras_regzoo.models import VariationalAutoencoder, dense_autoencoder

spec = json.loads(sys.argv[1])
x = np.random.default_rng(0).random((spec["examples"], spec["pixels"]), dtype="float32")
keras.utils.set_random_seed(0)
ends = dense_autoencoder((spec["pixels"],), (spec["hidden"],), spec["latent"], variational=True)
model = VariationalAutoencoder(*ends)
model.compile(keras.optimizers.Adam(1e-3), jit_compile=True)

def train(epochs):
    model.fit(x, batch_size=spec["batch"], epochs=epochs, verbose=0)
"""

PEER = """
import json, logging, sys, tempfile, time
import numpy as np
import torch
from pythae.data.datasets import BaseDataset
from pythae.models import VAE, VAEConfig
from pythae.models.base.base_utils import ModelOutput
from pythae.models.nn import BaseDecoder, BaseEncoder
from pythae.trainers import BaseTrainer, BaseTrainerConfig

logging.disable(logging.CRITICAL)
spec = json.loads(sys.argv[1])
x = np.random.default_rng(0).random((spec["examples"], spec["pixels"]), dtype="float32")
torch.manual_seed(0)

class Encoder(BaseEncoder):
    def __init__(self):
        super().__init__()
        self.hidden = torch.nn.Linear(spec["pixels"], spec["hidden"])
        self.mean = torch.nn.Linear(spec["hidden"], spec["latent"])
        self.spread = torch.nn.Linear(spec["hidden"], spec["latent"])

    def forward(self, x):
        hidden = torch.relu(self.hidden(x))
        return ModelOutput(embedding=self.mean(hidden), log_covariance=self.spread(hidden))

class Decoder(BaseDecoder):
    def __init__(self):
        super().__init__()
        self.layers = torch.nn.Sequential(
            torch.nn.Linear(spec["latent"], spec["hidden"]), torch.nn.ReLU(),
            torch.nn.Linear(spec["hidden"], spec["pixels"]), torch.nn.Sigmoid(),
        )

    def forward(self, z):
        return ModelOutput(reconstruction=self.layers(z))

config = VAEConfig(
    input_dim=(spec["pixels"],), latent_dim=spec["latent"], reconstruction_loss="bce"
)
model = VAE(config, encoder=Encoder(), decoder=Decoder())
data = BaseDataset(torch.from_numpy(x), torch.zeros(len(x)))

def train(epochs):
    with tempfile.TemporaryDirectory() as folder:
        options = BaseTrainerConfig(
            output_dir=folder, num_epochs=epochs, learning_rate=1e-3, no_cuda=True,
            per_device_train_batch_size=spec["batch"], per_device_eval_batch_size=spec["batch"],
        )
        trainer = BaseTrainer(model, data, training_config=options)
        trainer.train()
"""

SERVE = """
import os
out = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)  # whatever is printed in training is not an answer
train(1)
for line in sys.stdin:
    start = time.perf_counter()
    train(int(line))
    print(time.perf_counter() - start, file=out, flush=True)
"""


class Contender:
    """A process that trains as many epochs as it is told to, and answers how long it took."""

    def __init__(self, python: str, code: str, spec: dict[str, Any], backend: str = "") -> None:
        options = {"KERAS_BACKEND": backend} if backend else {}
        self._process = subprocess.Popen(
            [python, "-c", code + SERVE, json.dumps(spec)],
            cwd=ROOT,
            env={**os.environ, **options},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    def seconds(self, epochs: int) -> float:
        assert self._process.stdin and self._process.stdout
        print(epochs, file=self._process.stdin, flush=True)
        answer = self._process.stdout.readline()
        if not answer:
            sys.exit("A contender ended: run its code alone to see why.")
        return float(answer)

    def epoch(self) -> float:
        """Returns the marginal time of an epoch."""
        few, more = (self.seconds(epochs) for epochs in EPOCHS)
        return (more - few) / (EPOCHS[1] - EPOCHS[0])

    def close(self) -> None:
        assert self._process.stdin
        self._process.stdin.close()
        self._process.wait()


def measure(python: str, batch: int, rounds: int) -> dict[str, Any]:
    """Returns the times of all contenders over alternating rounds, and the ratios."""
    spec = {"pixels": PIXELS, "hidden": HIDDEN, "latent": LATENT, "batch": batch}
    spec["examples"] = EXAMPLES // batch * batch
    contenders = {name: Contender(sys.executable, OURS, spec, name) for name in BACKENDS}
    contenders["pythae"] = Contender(python, PEER, spec)
    times: dict[str, list[float]] = {name: [] for name in contenders}
    for turn in range(rounds):
        order = list(contenders)[turn % 3 :] + list(contenders)[: turn % 3]
        for name in order:
            times[name].append(contenders[name].epoch())
    for each in contenders.values():
        each.close()
    return {
        "seconds": {name: statistics.median(values) for name, values in times.items()},
        "ratios": {
            name: statistics.median(
                ours / peer for ours, peer in zip(times[name], times["pythae"], strict=True)
            )
            for name in BACKENDS
        },
        "times": times,
        "examples": spec["examples"],
        "peer": _versions(python),
        "machine": _machines(),
    }


def _versions(python: str) -> str:
    code = (
        "import importlib.metadata as m, platform; "
        "print('pythae', m.version('pythae'), 'on torch', m.version('torch') + ', Python', "
        "platform.python_version())"
    )
    return subprocess.check_output([python, "-c", code], text=True).strip()


def _machines() -> dict[str, Any]:
    code = "import json; from benchmarks import machine; print(json.dumps(machine.describe()))"
    made = {}
    for backend in BACKENDS:
        printed = subprocess.check_output(
            [sys.executable, "-c", code],
            text=True,
            cwd=ROOT,
            env={**os.environ, "KERAS_BACKEND": backend},
        )
        made[backend] = json.loads(printed.splitlines()[-1])
    return made


def table(results: dict[str, Any]) -> str:
    """Returns the Markdown table of all saved results."""
    lines = [
        "| batch | pythae s | ours on JAX s | × | on TensorFlow s | × | faster | limit | met |",
        "|---:|---:|---:|---:|---:|---:|---:|---:|---|",
    ]
    for batch in (each for each in BATCHES if str(each) in results):
        found = results[str(batch)]
        seconds, ratios = found["seconds"], found["ratios"]
        best = min(ratios.values())
        lines.append(
            f"| {batch} | {seconds['pythae']:.2f} | {seconds['jax']:.2f} | {ratios['jax']:.2f} "
            f"| {seconds['tensorflow']:.2f} | {ratios['tensorflow']:.2f} | {best:.2f} "
            f"| {LIMITS[batch]} | {'yes' if best <= LIMITS[batch] else 'no'} |"
        )
    return "\n".join(lines)


def verdict(results: dict[str, Any]) -> str:
    """Returns in a sentence which limits are met by the faster of both backends."""
    met = {
        b: min(results[str(b)]["ratios"].values()) <= LIMITS[b]
        for b in BATCHES
        if str(b) in results
    }
    if all(met.values()):
        return "The faster of both backends is within the limit at every batch size measured."
    missed = ", ".join(str(batch) for batch, within in met.items() if not within)
    return f"At batches of {missed} the faster of both backends is slower than the limit."


def main(
    pythae: Annotated[
        str, typer.Option(help="Interpreter with pythae.")
    ] = "build/pythae/bin/python",
    page: Annotated[bool, typer.Option(help="Write the page of saved results instead.")] = False,
    again: Annotated[bool, typer.Option(help="Measure what is saved, too.")] = False,
    rounds: Annotated[int, typer.Option(help="Alternating rounds.")] = ROUNDS,
) -> None:
    """Measures an epoch at each batch size, saving every result as it comes."""
    for batch in () if page else BATCHES:
        if str(batch) not in results_file.load(RESULT) or again:
            found = measure(pythae, batch, rounds)
            results_file.put(RESULT, [str(batch)], found)
            typer.echo(f"batch {batch}: {found['ratios']}")
    if page:
        results = results_file.load(RESULT)
        first = next(iter(results.values()))
        text = PAGE.format(
            table=table(results),
            verdict=verdict(results),
            conditions=machine.conditions(first["machine"]),
            peer=first["peer"],
            pixels=PIXELS,
            hidden=HIDDEN,
            latent=LATENT,
            examples=EXAMPLES,
            few=EPOCHS[0],
            more=EPOCHS[1],
            difference=EPOCHS[1] - EPOCHS[0],
            rounds=len(first["times"]["jax"]),
        )
        (results_file.RESULTS.parent / "pythae_epoch_time.md").write_text(text)


if __name__ == "__main__":
    typer.run(main)
