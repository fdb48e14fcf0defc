"""What every docstring says."""

from __future__ import annotations

import inspect
import re

from tests.cases.case import KINDS, Case
from tests.check import check, parameters


def _docstring(case: Case) -> str:
    return inspect.cleandoc(vars(case.cls).get("__doc__") or "")


@check(*KINDS, once=KINDS)
def check_docstring_summary(case: Case) -> None:
    summary = _docstring(case).split("\n\n")[0]
    assert re.fullmatch(r"[A-Z][^.!?]*\.", summary), f"the summary must be one sentence: {summary}"


@check(*KINDS, once=KINDS)
def check_docstring_arguments(case: Case) -> None:
    found = re.search(r"^Args:\n((?: .*\n|\n)+)", _docstring(case) + "\n", re.MULTILINE)
    documented = re.findall(r"^    (\*{0,2}\w+): ", found.group(1), re.MULTILINE) if found else []
    expected = parameters(case.cls)
    assert documented == expected, f"Args must document {expected}; it documents {documented}."


@check("layer", "model", "objective", "regularizer", "constraint", once=KINDS)
def check_docstring_shapes(case: Case) -> None:
    assert re.search(r"\bshapes?\b", _docstring(case)), "the shapes must be mentioned."


@check(*KINDS, once=KINDS)
def check_docstring_equation(case: Case) -> None:
    before = _docstring(case).split("\nArgs:")[0]
    assert re.search(r"\n\n    .*(=|≤|~|minimize)", before), "an indented equation is missing."


@check(*KINDS, once=KINDS)
def check_docstring_raises(case: Case) -> None:
    assert re.search(r"^Raises:\n    \w*Error: \S", _docstring(case), re.M), "Raises is missing."


@check(*KINDS, once=KINDS)
def check_docstring_example(case: Case) -> None:
    """That it runs is for tests/test_docstrings.py."""
    assert re.search(r"^Example:\n\n>>> ", _docstring(case), re.M), "an Example is missing."


@check(*KINDS, once=KINDS)
def check_docstring_reference(case: Case) -> None:
    """Authors, year, and where in the source."""
    pattern = r"^Reference: [A-Z][^(]+\(\d{4}(?:\)|, )[\s\S]+"
    assert re.search(pattern, _docstring(case), re.M), "a Reference with its year is missing."
