"""What the commands ask that train networks on a user's data."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

Data = Annotated[str, typer.Option(help="digits, tfds:NAME, or the path of an .npz or .csv file.")]
Model = Annotated[
    str,
    typer.Option(
        help="mlp, cnn, or module:function, called as function(input_shape, num_outputs); it "
        "returns a built keras.Model whose outputs are logits, or a value for a regression."
    ),
]
BatchSize = Annotated[int, typer.Option(help="Examples in a mini-batch.")]
LearningRate = Annotated[float, typer.Option(help="Learning rate of Adam.")]
Target = Annotated[str | None, typer.Option(help="Column of a .csv file to predict.")]
Task = Annotated[
    str | None,
    typer.Option(help="binary, multiclass or regression; told from the targets without."),
]


def folder_option(about: str) -> Any:
    """Returns the option of a folder to write to."""
    return typer.Option(parser=_folder, metavar="FOLDER", help=about)


def _folder(written: str) -> Path:
    """Returns a folder's path; an empty one would be the present folder."""
    if not written:
        raise typer.BadParameter("it must name a folder; received an empty text.")
    return Path(written)
