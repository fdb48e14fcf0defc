"""The report in a browser that has no network: headless Chromium, driven by Playwright."""

import shutil

import pytest
from playwright.sync_api import sync_playwright

from keras_regzoo.diagnostics.report_page import page
from tests.diagnostics.made_up import made_up

pytestmark = pytest.mark.one_backend

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
ERRORS = {
    "baseline": [0.20, 0.21, 0.22],
    "l2": [0.10, 0.11, 0.121],
    "a_technique_of_ones_own:with=0.001:long=123456:settings=0.0001": [0.40, 0.41, 0.421],
    "sam": [0.21, None, 0.22],
}
PHONE, DESK = {"width": 375, "height": 700}, {"width": 1200, "height": 800}
PAPER = {"width": 688, "height": 1017}  # pixels of an A4 page within its margins of 14 mm


@pytest.fixture(scope="module")
def browser():
    path = next(filter(None, map(shutil.which, NAMES)), None)
    if path is None:
        pytest.skip("There is no Chromium on PATH: on Debian, `apt-get install chromium`.")
    with sync_playwright() as playwright:
        arguments = ["--no-sandbox", "--disable-gpu"]
        with playwright.chromium.launch(executable_path=path, args=arguments) as browser:
            yield browser


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    path = tmp_path_factory.mktemp("report") / "report.html"
    path.write_text(page(made_up(ERRORS, data="a" * 60 + ".csv")), encoding="utf-8")
    return path.as_uri()


@pytest.fixture(params=["light", "dark"])
def opened(request, browser, report):
    """The report at the size of a desk; it must load nothing else and report no error."""
    complaints, requests = [], []
    with browser.new_context(offline=True, viewport=DESK, color_scheme=request.param) as context:
        tab = context.new_page()
        tab.on("console", lambda message: complaints.append(message.text))
        tab.on("pageerror", lambda error: complaints.append(str(error)))
        tab.on("request", lambda asked: requests.append(asked.url))
        tab.goto(report)
        yield tab
        assert complaints == []
        assert requests == [report]


def order(tab):
    return tab.eval_on_selector_all("#results tbody tr", "rows => rows.map(r => r.innerText[0])")


def sorting(tab):
    return tab.eval_on_selector_all("#results th", "heads => heads.map(h => h.ariaSort)")


def test_click_and_key_sort_the_table_and_say_so(opened):
    assert order(opened) == ["l", "b", "a", "s"]
    heads = opened.locator("#results th button")
    heads.nth(0).click()
    assert order(opened) == ["a", "b", "l", "s"]
    assert sorting(opened)[:3] == ["ascending", "none", "none"]
    heads.nth(0).press("Enter")
    assert order(opened) == ["s", "l", "b", "a"]
    heads.nth(2).press("Space")
    assert order(opened) == ["l", "b", "a", "s"]
    heads.nth(2).click()
    assert order(opened) == ["a", "b", "l", "s"]  # what diverged stays last
    assert sorting(opened)[:3] == ["none", "none", "descending"]


@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
def test_nothing_is_wider_than_the_window_and_text_can_be_read(opened, size):
    opened.set_viewport_size(size)
    widths = "() => [document.scrollingElement.scrollWidth, innerWidth]"
    assert opened.evaluate(widths) == [size["width"], size["width"]]
    assert opened.evaluate(CUT_OFF) == []
    assert opened.evaluate(CONTRAST) >= 4.5


def test_print_has_no_controls_and_no_dark_colours(opened):
    screen, hint = opened.evaluate(PRINTED), "A column's name sorts by it."
    assert screen["controls"] > 0
    assert hint in opened.inner_text("main")
    opened.emulate_media(media="print")  # and as dark as the screen was
    opened.set_viewport_size(PAPER)
    assert opened.evaluate(PRINTED) == {"controls": 0, "arrows": 0, "hidden": 0, "scheme": "light"}
    assert hint not in opened.inner_text("main")
    assert opened.evaluate(CONTRAST) >= 4.5
    assert opened.evaluate(DARKEST_SURFACE) > 0.85
    assert opened.evaluate(CUT_OFF) == []
    assert opened.pdf().startswith(b"%PDF")


CUT_OFF = """
() => [...document.querySelectorAll('section *:not(svg *)')].filter(element =>
  element.getBoundingClientRect().right > element.closest('section').getBoundingClientRect().right
).map(element => element.outerHTML.slice(0, 80))
"""
CONTRAST = """
() => {
  const channels = (element, name) => getComputedStyle(element)[name].match(/[\\d.]+/g).map(Number);
  const luminance = (rgb) => rgb.slice(0, 3)
    .map(c => c / 255)
    .map(c => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
    .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
  const paper = luminance(channels(document.querySelector('section'), 'backgroundColor'));
  const texts = document.querySelectorAll('section p, section td, section span, section dd, a');
  return Math.min(...[...texts].map(text => {
    const ink = luminance(channels(text, 'color'));
    return (Math.max(ink, paper) + 0.05) / (Math.min(ink, paper) + 0.05);
  }));
}
"""
PRINTED = """
() => {
  const seen = (query) => [...document.querySelectorAll(query)].filter(e => e.checkVisibility());
  const arrows = seen('th button').map(button => getComputedStyle(button, '::after').content);
  return {
    controls: seen('nav, summary, input, select, .control').length,
    arrows: arrows.filter(content => content !== 'none').length,
    hidden: [...document.querySelectorAll('details dd')].filter(e => !e.checkVisibility()).length,
    scheme: getComputedStyle(document.documentElement).colorScheme,
  };
}
"""
DARKEST_SURFACE = """
() => {
  const colours = [...document.querySelectorAll('html, body, main, header, footer, section, div')]
    .map(element => getComputedStyle(element).backgroundColor.match(/[\\d.]+/g).map(Number))
    .filter(rgba => rgba.length === 3 || rgba[3] > 0);
  return Math.min(...colours.map(rgba => Math.max(...rgba.slice(0, 3)) / 255), 1);
}
"""
