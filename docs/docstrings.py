"""Turns the examples and equations of docstrings into code blocks, for mkdocstrings."""

from __future__ import annotations

import re
from typing import Any

import griffe

EXAMPLE = re.compile(r"(?:^[ ]*>>>.*\n(?:^[ ]*\S.*\n?)*)", re.MULTILINE)
LABEL = re.compile(r"^(Example|References?|Input shape|Output shape):", re.MULTILINE)


class FencedExamples(griffe.Extension):
    """Fences runs of `>>>` lines with their output, and sets what begins a paragraph in bold."""

    def on_object(self, *, obj: griffe.Object, **kwargs: Any) -> None:
        if obj.docstring is not None:
            obj.docstring.value = fenced(obj.docstring.value)


def fenced(text: str) -> str:
    """Returns a docstring with its examples in blocks of code."""
    text = EXAMPLE.sub(lambda match: f"```pycon\n{match[0].rstrip()}\n```\n", text + "\n")
    return LABEL.sub(r"**\1:**", text)
