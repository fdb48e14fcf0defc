"""The report as a page: nothing from outside, nothing left out, nothing of the user's unescaped."""

import re
from html.parser import HTMLParser

import numpy as np
import pytest

from keras_regzoo import catalogue
from keras_regzoo.diagnostics import TECHNIQUES, report, report_charts
from keras_regzoo.diagnostics.calibration import reliability
from keras_regzoo.diagnostics.report_axis import Axis
from keras_regzoo.diagnostics.report_labels import place
from keras_regzoo.diagnostics.report_page import page, with_minus
from keras_regzoo.diagnostics.verdict import sentences
from tests.diagnostics.made_up import made_up

pytestmark = pytest.mark.one_backend

ERRORS = {
    "baseline": [0.20, 0.21, 0.22, 0.20],
    "l2": [0.10, 0.11, 0.121, 0.10],
    "dropout:rate=0.3": [0.40, 0.41, 0.421, 0.40],
    "sam": [0.21, 0.20, 0.22, 0.20],
}
LOADS = {"src", "srcset", "poster", "data", "action", "formaction", "background", "xlink:href"}
VOID = {"meta", "link", "img", "br", "hr", "input"}


class Page(HTMLParser):
    """The elements of a page with their attributes and the text in them; badly nested ones fail."""

    def __init__(self, html):
        super().__init__()
        self.elements, self.open = [], []
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        element = {"tag": tag, "text": "", **dict(attrs)}
        self.elements.append(element)
        if tag not in VOID:
            self.open.append(element)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag):
        assert self.open.pop()["tag"] == tag

    def handle_data(self, data):
        for element in self.open:
            element["text"] += data

    def all(self, tag, **attributes):
        wanted = attributes.items()
        return [e for e in self.elements if e["tag"] == tag and wanted <= e.items()]

    @property
    def rows(self):
        return [cell["text"] for cell in self.all("td", role="rowheader")]

    @property
    def cards(self):
        return [card["text"] for card in self.all("article")]


def with_bins(comparison):
    """The comparison as if its runs had been saved with what a reliability diagram shows."""
    rng = np.random.default_rng(0)
    for run in comparison.runs:
        bins = reliability(rng.dirichlet([0.3, 0.3], size=50), rng.integers(2, size=50))
        run["test"]["reliability"] = {k: v.tolist() for k, v in bins._asdict().items()}
    return comparison


@pytest.fixture(scope="module")
def html():
    return page(with_bins(made_up(ERRORS)))


def test_page_loads_nothing_and_runs_no_script_but_its_own(html):
    parsed = Page(html)
    for element in parsed.elements:
        assert not LOADS & element.keys(), element
        assert element["tag"] not in ("link", "iframe", "object", "embed", "img")
        assert not [name for name in element if name.startswith("on")]
        if "href" in element:
            assert element["tag"] == "a"
    assert not re.search(r"url\(|@import|https?:|//[a-z]", html)
    (policy,) = (m["content"] for m in parsed.all("meta") if "http-equiv" in m)
    assert policy.startswith("default-src 'none';")
    assert len(parsed.all("script")) == 1


def test_every_technique_has_a_row_a_card_and_a_place_in_each_figure(html):
    parsed = Page(html)
    assert parsed.rows == ["l2", "baseline", "sam", "dropout:rate=0.3"]
    assert len(parsed.cards) == len(ERRORS)
    for technique, card in zip(ERRORS, parsed.cards, strict=True):
        assert card.strip().startswith(technique)
    targets = {element["id"] for element in parsed.elements if "id" in element}
    links = {a["href"] for a in parsed.all("a") if a["href"].startswith("#")}
    assert {link[1:] for link in links} <= targets
    forest = [span["text"] for span in parsed.all("span") if span.get("class") == "label"]
    assert forest == ["l2", "sam", "dropout:rate=0.3", ""]
    captions = [caption["text"] for caption in parsed.all("figcaption")]
    for technique in ("l2", "dropout:rate=0.3", "sam"):
        assert sum(caption.startswith(technique) for caption in captions) == 2
    for sentence in sentences(made_up(ERRORS)):
        assert with_minus(sentence) in [p["text"] for p in parsed.all("p")]


def test_card_has_settings_and_the_catalogues_reference():
    comparison = made_up({"baseline": [0.2, 0.3], "adversarial": [0.2, 0.3]})
    for run in comparison.runs[1::2]:
        run["options"] = {"radius": 0.1, "steps": 1 + run["seed"]}
    card = Page(page(comparison)).cards[1]
    assert "radius=0.1" in card
    assert "steps=1, 2" in card
    for reference in catalogue.find("adversarial_training").references:
        assert str(reference) in card


def test_tuned_settings_are_said_to_be_and_reproduced_from_what_was_written():
    label, trial = "l2:strength=0.01", {"options": {"strength": 0.01}}
    found = {"technique": "l2", "tuned": label, "trials": [trial, trial, trial]}
    tuning = {"trials": 3, "protocol": "Each had 3 trials.", "techniques": [found]}
    comparison = made_up({"baseline": [0.2, 0.3], label: [0.1, 0.2]}, tuning=tuning)
    for run in comparison.runs[1::2]:
        run["options"] = trial["options"]
    html = page(comparison)
    assert "strength=0.01; the best of 3 on validation data" in Page(html).cards[1]
    assert "Each had 3 trials." in html
    assert "none was tuned" not in html
    assert "--techniques l2 " in html
    assert "--tune 3" in html


def test_every_technique_that_can_be_compared_is_in_the_catalogue():
    assert [catalogue.find(name).reference for name in TECHNIQUES if name != "baseline"]


def test_what_users_name_is_escaped():
    evil = "<script>alert('x')</script>\"&<img src=x onerror=y>"
    errors = {"baseline": [0.2, 0.3], evil: [0.1, 0.2], "</svg><b>": [0.3, 0.25]}
    html = page(made_up(errors, data=evil, model=f"m:{evil}", target=evil))
    parsed = Page(html)
    assert evil in parsed.rows
    assert f"Which regularizer for {evil}?" in [h["text"] for h in parsed.all("h1")]
    assert len(parsed.all("script")) == 1
    assert not parsed.all("img")
    assert not parsed.all("b")


def test_regression_has_its_unit_and_no_calibration():
    html = page(made_up(ERRORS, "regression", target="price"))
    parsed = Page(html)
    assert "calibration" not in {element.get("id") for element in parsed.elements}
    assert "ECE" not in html
    assert "Test error (RMSE)" in html
    assert len(parsed.all("th")) == len(parsed.all("td")) / len(ERRORS) == 7


def test_one_seed_has_points_without_intervals():
    html = page(made_up({name: values[:1] for name, values in ERRORS.items()}))
    assert "one seed gives no interval" in html
    assert len(Page(html).all("circle", **{"class": "mean"})) == 3
    assert 'class="interval"' not in html


def test_diverged_technique_is_in_table_and_cards_but_not_in_the_forest():
    comparison = made_up({**ERRORS, "l1l2": [0.3, None, 0.2, 0.3]})
    comparison.runs[4]["curves"]["error"] = [0.5, None]
    parsed = Page(page(comparison))
    assert parsed.rows[-1] == "l1l2"
    assert "diverged with 1 of 4 seeds" in parsed.cards[-1]
    assert len(parsed.all("circle", **{"class": "mean"})) == 3


def test_everything_diverged_or_nothing_compared_is_still_a_page():
    everything = Page(page(made_up({"baseline": [None, None], "l2": [None, None]})))
    assert everything.rows == ["baseline", "l2"]
    assert not everything.all("section", id="time")
    alone = Page(page(made_up({"baseline": [0.2, 0.3]})))
    assert alone.rows == ["baseline"]
    assert not alone.all("section", id="differences")
    assert len(alone.all("figure")) == 2


def test_runs_without_bins_have_numbers_instead_of_a_diagram():
    html = page(made_up(ERRORS))
    assert "No diagram: runs of earlier versions do not hold what it shows." in html
    assert "ECE 0.208, NLL 0.208" in html


def test_reliability_is_pooled_over_seeds():
    comparison = made_up({"baseline": [0.5, 0.0]})
    for run, correct in zip(comparison.runs, (1, 3), strict=True):
        run["test"]["reliability"] = {
            "count": [0, 4],
            "correct": [0, correct],
            "confidence": [0.0, 3.0],
        }
    (panel,) = report_charts.calibration(comparison) or []
    (only,) = panel["bins"]
    assert (only["confidence"], only["accuracy"], only["share"]) == (75.0, 50.0, 1.0)
    assert only["text"] == "4 of 8 right at a mean confidence of 75 %"


def test_pareto_front_is_what_nothing_dominates():
    comparison = made_up({"baseline": [0.3], "b": [0.1], "l2": [0.2], "sam": [0.2], "l1l2": [0.4]})
    chart = report_charts.pareto(comparison) or {}
    front = [point["label"] for point in chart["points"] if point["front"]]
    assert front == ["l2", "sam", "b"]  # l2 and sam are alike
    x, y = zip(*((p["x"], p["y"]) for p in chart["points"][:3]), strict=True)
    assert chart["path"] == f"M{x[0]:g} 0V{y[0]:g}H{x[1]:g}V{y[1]:g}H{x[2]:g}V{y[2]:g}H100"


def test_time_counts_the_epochs_that_were_trained():
    comparison = made_up({"baseline": [0.3, 0.3], "early_stopping": [0.3, 0.3]}, epochs=11)
    for run in comparison.runs[1::2]:
        run["epochs_trained"] = 5
    texts = [point["text"] for point in (report_charts.pareto(comparison) or {})["points"]]
    assert texts[0] == "early_stopping: 30.0 % in 0.50 times the baseline's time"


def test_names_cover_neither_each_other_nor_points_and_stay_inside():
    rng = np.random.default_rng(0)
    points = [
        {"x": x, "y": y, "label": "technique", "front": i % 3 == 0}
        for i, (x, y) in enumerate(rng.uniform(0, 100, size=(30, 2)))
    ]
    boxes = []
    for point, label in zip(points, place(points, 400, 300), strict=True):
        if label is not None:
            start = {"start": 0, "middle": -30, "end": -60}[label.anchor]
            left, base = 4 * point["x"] + label.dx + start, 3 * point["y"] + label.dy
            boxes.append((left, base - 11, left + 60, base))
    assert 5 < len(boxes) < 30
    for i, (left, top, right, bottom) in enumerate(boxes):
        assert -1 <= left < right <= 401
        assert 0 <= top < bottom <= 300
        assert not [
            o for o in boxes[:i] if left < o[2] and o[0] < right and top < o[3] and o[1] < bottom
        ]


@pytest.mark.parametrize("logarithmic", [False, True])
def test_axis_shows_every_value_and_marks_round_ones(logarithmic):
    axis = Axis.around([0.2, 3.0, 1.0], logarithmic=logarithmic)
    places = [axis(value) for value in (axis.low, 0.2, 1.0, 3.0, axis.high)]
    assert places == sorted(places)
    assert (places[0], places[-1]) == (0, 100)
    ticks = axis.ticks()
    assert 2 <= len(ticks) <= 7
    for tick in ticks:
        assert axis(float(tick.text)) == tick.at
    assert Axis.around([1.0, 1.0]).high > 1.0


def test_minus_signs_are_of_numbers_alone():
    assert with_minus("-1.5 [-2.0, +0.1]") == "−1.5 [−2.0, +0.1]"
    for text in ("l2:strength=-1", "early-stopping", "1e-05", "a-1.csv"):
        assert with_minus(text) == text


@pytest.mark.parametrize("part", ["results", "plots.learning_curves", "markdown", "page"])
def test_nothing_is_written_unless_all_of_it_can_be(tmp_path, monkeypatch, part):
    comparison = made_up(ERRORS)
    object.__setattr__(comparison, "folder", tmp_path)
    with monkeypatch.context() as broken:
        broken.setattr(f"{report.__name__}.{part}", None)
        with pytest.raises(TypeError):
            report.write(comparison)
    assert list(tmp_path.iterdir()) == []
    report.write(comparison)
    figures = ["differences.png", "learning_curves.png"]
    written = sorted(path.name for path in tmp_path.iterdir())
    assert written == [*figures, "report.html", "report.md", "results.json"]
