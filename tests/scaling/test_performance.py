"""The benchmark of speed and memory: what it plans, what it saves when a row fails, its page."""

import keras
import pytest

from benchmarks import devices, performance, performance_page, performance_row
from benchmarks.large_networks import resnet18, vit_tiny
from benchmarks.performance_plan import ALL_SETTINGS, LARGE, NAMES, PLAIN, SETTINGS, WRAPPERS, Row
from benchmarks.performance_plan import rows as planned
from benchmarks.techniques import DRAW, TECHNIQUES

pytestmark = pytest.mark.one_backend

PAGE = performance.ROOT / "docs" / "performance.md"
ROW = Row("mlp", "sharpness_aware")
MACHINE = {
    "backend": "jax",
    "backend_version": "0.10",
    "keras": "3.15",
    "python": "3.11",
    "system": "Linux",
    "cpus": 2,
}


def result(row, **measured):
    common = {"row": row.spec(), "compile_s": 1.0, "load": 1.0, "machine": MACHINE}
    return {**common, "peak_bytes": 2**20, "step_ms": 3.0, "ratio": 1.0, **measured}


def cells(results):
    text = performance_page.page(results).split("## What a technique costs")[1]
    lines = [line for line in text.splitlines() if line.startswith(("| CPU", "| GPU"))]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def test_page_is_up_to_date():
    stale = "run `python -m benchmarks.performance --page`"
    assert performance_page.main([str(PAGE), "--check"]) == 0, stale


def test_resnet18_and_vit_tiny_have_the_weights_of_their_papers():
    assert resnet18().count_params() - 9600 == 11_173_962  # without the moving statistics
    block = 12 * 192**2 + 13 * 192
    patches = 4 * 4 * 3 * 192 + 192 + 64 * 192
    assert vit_tiny().count_params() == 12 * block + patches + 2 * 192 + 10 * 192 + 10


def test_plan_holds_every_technique_once_for_each_network():
    on_gpu = list(planned("GPU", "jax"))
    assert len(on_gpu) == len(set(on_gpu))
    assert {row.technique for row in on_gpu} == {*NAMES, ALL_SETTINGS}
    assert {*TECHNIQUES} - {*NAMES} == {"the same L2 as Keras has it"}
    assert {row.batch for row in on_gpu} == {128, 512, 2048, 8192, 16384}
    large = {row.technique for row in on_gpu if row.network in LARGE}
    assert large == {*NAMES} - {*WRAPPERS}
    on_cpu = {row.precision for row in planned(devices.CPU, "jax")}
    assert {row.precision for row in on_gpu} - on_cpu == {"tf32"}


def test_settings_are_arguments_of_compile():
    both = {"steps_per_execution": 16, "jit_compile": True}
    assert performance_row.keywords(SETTINGS[-1]) == both
    assert performance_row.keywords("default") == {}
    assert performance_row.keywords("jit_compile=False") == {"jit_compile": False}


def test_floor_is_that_of_the_catalogue_and_of_the_numbers_drawn():
    assert performance_page.least("sharpness_aware", lambda _: None) == 2.0
    assert performance_page.least("weight_noise", {DRAW: 1.5}.get) == 1.5
    assert performance_page.least("weight_noise", lambda _: None) is None
    assert performance_page.least(PLAIN, {DRAW: 1.0}.get) is None


def test_page_holds_a_row_to_its_floor_and_to_plain_memory():
    plain = Row("mlp", PLAIN)
    results = {
        ROW.key("CPU", "jax"): result(ROW, ratio=3.0, peak_bytes=3 * 2**20),
        plain.key("CPU", "jax"): result(plain),
        Row("mlp", PLAIN, 512).key("CPU", "jax"): result(Row("mlp", PLAIN, 512)),
    }
    first, second, _ = cells(results)
    assert first[6] == PLAIN and second[6] == "sharpness_aware"
    assert second[8:14] == ["3.00", "2.00", "1.50", "3", "3.00", "1.0"]
    assert "No GPU has been measured yet" in performance_page.page(results)
    assert "Rows are from GPU." in performance_page.page({ROW.key("GPU", "jax"): result(ROW)})


def test_page_says_what_failed():
    row = Row("mlp", DRAW, 16384)
    page = performance_page.page({row.key("CPU", "jax"): {"row": row.spec(), "failed": "too big"}})
    assert f"- CPU/jax, mlp at batch 16384, float32, {DRAW}: too big\n" in page


def test_row_that_takes_too_long_is_given_up_unless_the_session_ends():
    found = performance.measure(ROW, 1, limit=0.01, left=60)
    assert found == {"row": ROW.spec(), "failed": "took more than 0.01 s"}
    assert performance.measure(ROW, 1, limit=60, left=0.01) is None


def test_failure_of_a_process_is_its_last_line():
    with pytest.raises(RuntimeError, match=r"^MemoryError: no room$"):
        performance.child("-c", "raise MemoryError('no room')")


def test_precision_is_the_policy_and_that_of_products():
    torch = pytest.importorskip("torch")
    told = keras.backend.backend() == "torch"
    try:
        for name, policy, products in (
            ("tf32", "float32", "high"),
            ("mixed_bfloat16", "mixed_bfloat16", "highest"),
            ("float32", "float32", "highest"),
        ):
            devices.set_precision(name)
            assert keras.config.dtype_policy().name == policy
            assert not told or torch.get_float32_matmul_precision() == products
    finally:
        devices.set_precision("float32")
