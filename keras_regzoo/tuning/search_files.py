"""The files of a search: JSON and figures."""

from __future__ import annotations

from keras_regzoo.diagnostics.environment import environment
from keras_regzoo.diagnostics.figure_style import png
from keras_regzoo.diagnostics.run_store import to_json, write_files
from keras_regzoo.tuning import search_figures
from keras_regzoo.tuning.search_result import SearchResult

FIGURES = {
    "best_so_far.png": search_figures.best_so_far,
    "hyperparameters.png": search_figures.hyperparameters,
    "parallel_coordinates.png": search_figures.parallel_coordinates,
}


def write(result: SearchResult) -> None:
    """Writes `search.json` and the figures into the folder of the search."""
    content = {
        "settings": result.settings,
        "space": result.space,
        "best": result.best,
        "refit": result.refit,
        "trials": result.trials,
        "environment": environment(),
    }
    files = {"search.json": to_json(content)}
    files |= {name: png(draw(result)) for name, draw in FIGURES.items()}
    write_files(result.folder, files)
