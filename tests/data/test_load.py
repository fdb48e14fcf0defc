"""`load` on the embedded digits and on files: what comes out, and what is refused."""

import subprocess
import sys

import numpy as np
import pytest

from keras_regzoo import data

pytestmark = pytest.mark.one_backend

RNG = np.random.default_rng(0)
X = RNG.normal(5.0, 3.0, (100, 4))
Y = np.arange(100) % 2
COLOURS = [f"{i},{'red' if i % 3 else 'blue'},{'yes' if i % 2 else 'no'}" for i in range(60)]


def test_import_and_random_split_need_no_optional_package():
    code = (
        "import sys; sys.modules.update({'sklearn': None, 'tensorflow_datasets': None}); "
        "from keras_regzoo import data; data.split_indices(range(9), split='random')"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_digits_are_images_in_the_unit_interval():
    digits = data.load("digits")
    everything = np.concatenate([digits.x_train, digits.x_validation, digits.x_test])
    assert everything.shape == (1797, 8, 8, 1) and everything.dtype == np.float32
    assert (everything.min(), everything.max()) == (0.0, 1.0)
    assert digits.classes == tuple("0123456789") and digits.task == "multiclass"
    assert digits.features == () and digits.y_train.dtype == np.int32


def test_same_seed_loads_the_same_and_another_does_not():
    first, again, other = (data.load("digits", seed=seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first.x_test, again.x_test)
    assert not np.array_equal(first.x_test, other.x_test)


def test_digits_without_scikit_learn_say_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn.datasets", None)
    with pytest.raises(ImportError, match=r"'digits' needs .*keras-regzoo\[recipes\]"):
        data.load("digits")


def test_table_is_standardized_over_the_training_set_alone(npz):
    dataset = data.load(npz(x=X, y=Y))
    np.testing.assert_allclose(dataset.x_train.mean(axis=0), 0.0, atol=1e-6)
    np.testing.assert_allclose(dataset.x_train.std(axis=0), 1.0, atol=1e-6)
    assert np.abs(dataset.x_test.mean(axis=0)).max() > 1e-3
    assert dataset.features == ("x0", "x1", "x2", "x3") and dataset.x_test.dtype == np.float32


def test_standardizing_is_one_affine_map_of_the_rows(npz):
    path = npz(x=X, y=Y)
    raw, scaled = data.load(path, standardize=False), data.load(path)
    mean, stddev = raw.x_train.mean(axis=0), raw.x_train.std(axis=0)
    np.testing.assert_allclose(scaled.x_test, (raw.x_test - mean) / stddev, atol=1e-5)


@pytest.mark.parametrize("constant", [0.0, 0.1, 1e6 + 0.1])
def test_constant_column_becomes_zero(npz, constant):
    x = X.copy()
    x[:, 1] = constant
    np.testing.assert_allclose(data.load(npz(x=x, y=Y)).x_train[:, 1], 0.0, atol=1e-6)


def test_archive_with_its_own_parts_keeps_them(npz):
    path = npz(
        x_train=X, y_train=Y, x_test=X[:30] + 1, y_test=Y[:30], x_validation=X[:8],
        y_validation=Y[:8],
    )  # fmt: skip
    dataset = data.load(path, standardize=False)
    np.testing.assert_array_equal(dataset.x_train, X.astype(np.float32))
    np.testing.assert_array_equal(dataset.x_test, (X[:30] + 1).astype(np.float32))
    assert len(dataset.x_validation) == 8


def test_validation_is_cut_from_training_where_only_test_is_given(npz):
    dataset = data.load(npz(x_train=X, y_train=Y, x_test=X[:30], y_test=Y[:30]), validation=0.2)
    assert [len(dataset.x_train), len(dataset.x_validation), len(dataset.x_test)] == [80, 20, 30]


def test_bytes_of_images_are_scaled_and_other_arrays_left_alone(npz):
    images = RNG.integers(0, 256, (60, 5, 5, 3), dtype=np.uint8)
    dataset = data.load(npz(x=images, y=Y[:60]), split="chronological")
    np.testing.assert_allclose(dataset.x_train, images[: len(dataset.x_train)] / 255.0, rtol=1e-6)
    series = data.load(npz(x=X.reshape(100, 2, 2), y=Y), split="chronological")
    np.testing.assert_allclose(series.x_train, X.reshape(100, 2, 2)[:70], rtol=1e-6)


@pytest.mark.parametrize(
    ("y", "task", "classes"),
    [
        (Y, "binary", ("0", "1")),
        (Y.astype(bool), "binary", ("False", "True")),
        (Y * 2.0 - 1.0, "binary", ("-1", "1")),
        (np.arange(100) % 5 + 3, "multiclass", ("3", "4", "5", "6", "7")),
        (np.array(["b", "a", "c", "a"] * 25), "multiclass", ("a", "b", "c")),
        (np.linspace(0.0, 1.0, 100), "regression", ()),
        (np.arange(100), "regression", ()),
        (Y[:, None], "binary", ("0", "1")),
    ],
)
def test_task_and_classes_are_told_from_the_targets(npz, y, task, classes):
    dataset = data.load(npz(x=X, y=y))
    assert (dataset.task, dataset.classes) == (task, classes)


def test_labels_are_numbered_in_the_order_of_their_values(npz):
    y = np.array(["b", "a", "c", "a"] * 25)
    dataset = data.load(npz(x=X, y=y), split="chronological")
    decoded = np.array(dataset.classes)[dataset.y_train]
    np.testing.assert_array_equal(decoded, y[: len(decoded)])


def test_regression_targets_stay_in_their_unit(npz):
    dataset = data.load(npz(x=X, y=Y * 1000), task="regression", split="chronological")
    assert dataset.task == "regression" and dataset.y_train.dtype == np.float32
    np.testing.assert_array_equal(dataset.y_train, Y[:70] * 1000)


def test_csv_columns_of_text_become_indicator_columns(table):
    path = table("size,colour,sold", *COLOURS)
    dataset = data.load(path, target="sold", standardize=False, split="chronological")
    assert dataset.features == ("size", "colour=blue", "colour=red")
    assert dataset.classes == ("no", "yes") and dataset.name == "table"
    np.testing.assert_array_equal(dataset.x_train[:4], [[0, 1, 0], [1, 0, 1], [2, 0, 1], [3, 1, 0]])
    np.testing.assert_array_equal(dataset.y_train[:4], [0, 1, 0, 1])


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_csv_delimiters_and_quotes_are_understood(table, delimiter):
    rows = [delimiter.join((str(i / 7), f'"{i % 2}"')) for i in range(40)]
    path = table(delimiter.join(('"weight, in kg"', '"label"')), *rows, "")
    dataset = data.load(str(path), target="label", standardize=False, split="chronological")
    assert dataset.features == ("weight, in kg",)
    np.testing.assert_allclose(dataset.x_train[:, 0], np.arange(28) / 7, rtol=1e-6)


def test_csv_of_a_spreadsheet_with_a_byte_order_mark_is_read(tmp_path):
    path = tmp_path / "sheet.CSV"
    path.write_text("a,b\r\n" + "1.5,2.5\r\n2,3\r\n" * 10, encoding="utf-8-sig")
    assert data.load(path, target="b", task="regression").features == ("a",)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"validation": 0.0}, r"`validation` must be a number in \(0, 1\)"),
        ({"test": 1.5}, r"`test` must be a number in \(0, 1\); received test=1.5"),
        ({"validation": 0.5, "test": 0.5}, r"`validation` \+ `test` must be below 1"),
        ({"seed": "x"}, r"`seed` must be an integer in"),
        ({"standardize": 1}, r"`standardize` must be a .*bool"),
        ({"task": "ranking"}, r"`task` must be one of .* received task='ranking'"),
        ({"split": "k-fold"}, r"`split` must be one of .* received split='k-fold'"),
        ({"target": "y"}, r"`target` must be None for a source that is no \.csv file"),
    ],
)
def test_bad_arguments_are_refused(arguments, sentence):
    with pytest.raises(ValueError, match=sentence):
        data.load("digits", **arguments)


@pytest.mark.parametrize("source", ["mnist", "tfds:", "file.parquet", "", 7, b"digits", None])
def test_unknown_sources_are_refused(source):
    with pytest.raises(ValueError, match=r"`source` must be 'digits', 'tfds:NAME' or the path of"):
        data.load(source)


@pytest.mark.parametrize("name", ["absent.npz", "absent.csv"])
def test_missing_file_is_refused(tmp_path, name):
    with pytest.raises(FileNotFoundError, match=rf"`source` must be the path .*{name}"):
        data.load(tmp_path / name)


@pytest.mark.parametrize(
    ("x", "y", "arguments", "sentence"),
    [
        (X, Y[:9], {}, r"one target for each input; received 100 inputs and 9 targets"),
        (X[:0], Y[:0], {}, r"must have at least one example; received none"),
        (X[:, 0], Y, {}, r"numbers of shape \(n, \.\.\.\) as `x`; received shape \(100,\)"),
        (X.astype(str), Y, {}, r"numbers of shape \(n, \.\.\.\) as `x`; .* dtype <U"),
        (X, np.eye(2)[Y], {}, r"target 'y' must be one number or text a row.*\(100, 2\)"),
        (X, Y * 0, {}, r"target 'y' must hold at least two classes; received only '0'"),
        (X, np.where(Y, np.nan, 0.5), {}, r"target 'y' must hold finite .* in 50 rows"),
        (X, Y / 2, {"task": "multiclass"}, r"`task` 'multiclass' must have text or whole .* 0\.5"),
        (X, np.arange(100) % 3, {"task": "binary"}, r"`task` 'binary' must have two classes; .* 3"),
        (X, Y.astype("U") , {"task": "regression"}, r"`task` 'regression' must have numbers as"),
        (X, np.arange(100) == 7, {}, r"^`source` .* at least 3 examples of each .* 1 .* 'True'"),
        (X, np.arange(100) < 3, {"test": 0.6}, r"^`source` .*, less its test .* 1 .* 'True'"),
        (X[:20], np.arange(20) % 5, {"test": 0.1}, r"^`source` .* each of the 5 .* of 18 and 2"),
        (X, Y / 3, {"split": "stratified"}, r"`split` must be 'random' or 'chronological'"),
        (X, Y, {"split": "stratified", "task": "regression"}, r"or 'chronological' for regression"),
        (X[:2], Y[:2], {"split": "random"}, r"^`source` .* must have at least 3 examples"),
        (X, Y * 0 + (np.arange(100) > 80), {"split": "chronological"}, r"only '0' after a chrono"),
    ],
)  # fmt: skip
def test_arrays_that_do_not_fit_are_refused(npz, x, y, arguments, sentence):
    with pytest.raises(ValueError, match=sentence):
        data.load(npz(x=x, y=y), **arguments)


@pytest.mark.parametrize("value", [np.nan, np.inf, 1e39])
def test_values_that_are_not_finite_are_refused_by_column(npz, value):
    x = X.copy()
    x[[3, 5], 2] = value
    with pytest.raises(ValueError, match=r"finite float32 .* the column 'x2' \(2 rows\)"):
        data.load(npz(x=x, y=Y))
    with pytest.raises(ValueError, match=r"finite float32 .* `x` \(2 rows\)"):
        data.load(npz(x=x.reshape(100, 2, 2), y=Y))


def test_parts_of_different_shapes_are_refused(npz):
    path = npz(x_train=X, y_train=Y, x_test=X[:, :3], y_test=Y)
    with pytest.raises(ValueError, match=r"inputs of one shape; received \(4,\) .* and \(3,\)"):
        data.load(path)


@pytest.mark.parametrize("test", [Y + 1, np.array(["a", "b"])[Y]])
def test_labels_that_training_does_not_have_are_refused(npz, test):
    path = npz(x_train=X, y_train=Y, x_test=X, y_test=test)
    with pytest.raises(ValueError, match=r"the same 2 classes in every part; received '(2|a)'"):
        data.load(path)


def test_archive_without_the_arrays_is_refused_with_those_it_has(npz):
    with pytest.raises(ValueError, match=r"arrays `x` and `y`.* received \['inputs', 'y'\]"):
        data.load(npz(inputs=X, y=Y))


class Trap:
    """Ends the process that unpickles it."""

    def __reduce__(self):
        return sys.exit, (3,)


def test_archive_with_pickled_objects_is_refused_unopened(npz):
    hostile = np.empty(100, dtype=object)
    hostile[:] = Trap()
    with pytest.raises(ValueError, match=r"plain numeric arrays only, not Python objects"):
        data.load(npz(x=X, y=hostile))


def test_file_that_is_no_archive_is_refused(tmp_path):
    path = tmp_path / "fake.npz"
    path.write_bytes(b"\x80\x04K\x01.")
    with pytest.raises(ValueError, match=r"`source` must be a file that `numpy.savez` wrote"):
        data.load(path)


def test_damaged_archive_is_refused(npz):
    path = npz(x=X, y=Y)
    content = bytearray(path.read_bytes())
    content[200:900] = bytes(700)
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"reading it failed with: "):
        data.load(path)


@pytest.mark.parametrize(
    ("lines", "target", "sentence"),
    [
        (["a,b", "1,2"], "c", r"`target` must name the column .* one of 'a', 'b'; .*target='c'"),
        (["a,b", "1,2"], None, r"`target` must name the column .* received target=None"),
        ([""], "a", r"received an empty file"),
        (["a,b"], "b", r"at least one example; received none"),
        (["b", "1"], "b", r"must have a column beside the target; received only 'b'"),
        (["a,a,b", "1,2,3"], "b", r"different name for each column .* received 'a'"),
        (["a,b", "1,2", "1,2,3"], "b", r"2 cells in each row.* received 3 in line 3"),
        (["a,b", "1,0", ",1", "NaN,1"], "b", r"missing values or NaN in the column 'a' \(2 rows\)"),
        (["a,b", "1,0", "2,", "2,1"], "b", r"missing values or NaN in the column 'b' \(1 row\)"),
        (["a,b", "inf,0", "2,1", "2,1"], "b", r"infinite values in the column 'a' \(1 row\)"),
        (["a,b", "1,0", "2kg,1"], "b", r"numbers or text .* '2kg' in row 2 of the column 'a'"),
        (["a,b", '"1,0', "2,1"], "b", r"must be a table of text in UTF-8; reading it failed"),
        (["a,b", *(f"name{i},0" for i in range(101))], "b", r"received 101 in the column 'a'"),
        (["a,b", *(f"{i},same" for i in range(9))], "b", r"'b' must hold at least two classes"),
    ],
)
def test_tables_that_do_not_fit_are_refused(table, lines, target, sentence):
    with pytest.raises(ValueError, match=sentence):
        data.load(table(*lines), target=target)


def test_table_that_is_not_text_is_refused(tmp_path):
    path = tmp_path / "binary.csv"
    path.write_bytes(b"a,b\n\xff\xfe,1\n")
    with pytest.raises(ValueError, match=r"must be a table of text in UTF-8"):
        data.load(path, target="b")
