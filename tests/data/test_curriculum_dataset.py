"""CurriculumDataset: which examples it serves at each level, and in what order."""

import collections
import itertools
import json
import math
from fractions import Fraction

import keras
import numpy as np
import pytest

from keras_regzoo.data import CurriculumDataset, difficulty, pacing

pytestmark = pytest.mark.one_backend

EXAMPLES = 43
RANDOM = np.random.default_rng(0)
IDS = np.arange(EXAMPLES)
X = np.stack([IDS, -IDS], axis=1).astype("float32")
Y = RANDOM.permutation([0] * 20 + [1] * 14 + [2] * 9)
SCORES = RANDOM.normal(size=EXAMPLES)
CLASSES = [np.flatnonzero(number == Y) for number in range(3)]
SHARES = (0.1, 0.25, 0.5, 0.7, 1.0)


def levels(count):
    return SHARES[min(count, len(SHARES) - 1)]


def dataset(**arguments):
    given = {"x": X, "y": Y, "difficulty": SCORES, "pacing": levels, "batch_size": 8, **arguments}
    return CurriculumDataset(**given)


def rows(batch):
    return batch[0][:, 0].astype(int).tolist()


def served(curriculum):
    """Returns how often each example comes in one epoch."""
    return collections.Counter(i for b in range(len(curriculum)) for i in rows(curriculum[b]))


def groups(balanced):
    return CLASSES if balanced else [IDS]


def allowed(share, members):
    return max(1, math.floor(Fraction(str(share)) * len(members) + Fraction(1, 2)))


def first(share, sign, members):
    """Returns the allowed number of easiest examples; of hardest where the sign is -1."""
    return set(sorted(members, key=lambda i: sign * SCORES[i])[: allowed(share, members)])


@pytest.mark.parametrize("rounds", [1, 3])
def test_an_epoch_of_several_rounds_goes_on_where_one_round_ends(rounds):
    curriculum = dataset(rounds=rounds)
    assert len(curriculum) == math.ceil(rounds * EXAMPLES / 8)
    curriculum.move_to(len(SHARES) - 1)
    numbers = [i for b in range(len(curriculum)) for i in rows(curriculum[b])]
    for first_of_pass in range(0, rounds * EXAMPLES, EXAMPLES):
        assert sorted(numbers[first_of_pass : first_of_pass + EXAMPLES]) == IDS.tolist()
    curriculum.move_to(0, by_step=True)
    assert [len(set(rows(curriculum[b]))) for b in range(3)] == [4, 8, 8]


@pytest.mark.parametrize("balanced", [False, True])
@pytest.mark.parametrize(("order", "sign"), [("easy_to_hard", 1), ("hard_to_easy", -1)])
def test_each_level_serves_exactly_the_examples_the_pacing_allows(order, sign, balanced):
    curriculum = dataset(order=order, balanced=balanced)
    for count, share in enumerate(SHARES):
        expected = set().union(*(first(share, sign, group.tolist()) for group in groups(balanced)))
        curriculum.move_to(count)
        counts = served(curriculum)
        assert set(counts) == expected == set(curriculum.indices(count))
        assert max(counts.values()) - min(counts.values()) <= 1
        assert sum(counts.values()) == len(curriculum) * 8


@pytest.mark.parametrize("balanced", [False, True])
def test_random_order_serves_as_many_without_regard_to_difficulty(balanced):
    curriculum = dataset(order="random", balanced=balanced)
    other = dataset(order="random", balanced=balanced, difficulty=-SCORES)
    before = set()
    for count, share in enumerate(SHARES):
        curriculum.move_to(count)
        pool = set(served(curriculum))
        for members in groups(balanced):
            assert len(pool & set(members)) == allowed(share, members)
        assert pool == set(other.indices(count))
        assert before <= pool
        before = pool
    assert set(curriculum.indices(2)) != set(dataset(balanced=balanced).indices(2))


def test_orders_of_other_seeds_are_others():
    pools = [set(dataset(order="random", seed=seed).indices(2)) for seed in range(3)]
    assert all(a != b for a, b in itertools.combinations(pools, 2))


def test_equally_hard_examples_come_in_at_random():
    pool = dataset(difficulty=np.repeat([0, 1], [40, 3])).indices(2)
    assert set(pool) < set(range(40))
    assert pool.max() > 22


def test_counts_within_the_epoch_serve_the_pool_of_each_step():
    curriculum = dataset(pacing=lambda t: min(1.0, 0.1 * (t + 1)))
    curriculum.move_to(2, by_step=True)
    for index in range(len(curriculum)):
        batch = rows(curriculum[index])
        pool = first(round(0.1 * (index + 3), 1), 1, IDS.tolist())
        assert set(batch) <= pool
        assert len(set(batch)) == 8


def test_batches_that_share_a_pool_pass_through_it():
    curriculum = dataset(pacing=pacing.single_step(0.5, length=4), batch_size=7)
    curriculum.move_to(1, by_step=True)
    easy = [i for index in range(3) for i in rows(curriculum[index])]
    assert len(set(easy)) == 21
    assert set(easy) < set(curriculum.indices(0))
    rest = [i for index in range(3, 7) for i in rows(curriculum[index])]
    assert len(set(rest)) == 28


def test_batch_is_the_same_however_often_and_in_what_order_it_is_read():
    curriculum, again = dataset(), dataset()
    for each in (curriculum, again):
        each.move_to(3, draw=7, by_step=True)
    expected = [rows(curriculum[index]) for index in range(len(curriculum))]
    for index in [5, 0, 0, 3, 5, 1, 4, 2]:
        assert rows(again[index]) == expected[index]
    again.move_to(0)
    again.move_to(3, draw=7, by_step=True)
    assert [rows(batch) for batch in again] == expected
    assert rows(again[-1]) == expected[-1]


def test_state_is_plain_and_moves_another_dataset_there():
    curriculum, again = dataset(), dataset()
    again.set_state(json.loads(json.dumps(again.get_state())))
    assert again.get_state() == curriculum.get_state()
    curriculum.move_to(1, draw=4, by_step=True)
    again.set_state(json.loads(json.dumps(curriculum.get_state())))
    assert [rows(batch) for batch in again] == [rows(batch) for batch in curriculum]


def test_draws_and_seeds_give_other_permutations():
    def first_batch(seed, draw):
        curriculum = dataset(seed=seed)
        curriculum.move_to(4, draw)
        return tuple(rows(curriculum[0]))

    assert len({first_batch(seed, draw) for seed in range(3) for draw in range(3)}) == 9


def test_every_batch_has_the_same_size_and_every_epoch_the_same_length():
    curriculum = dataset()
    for count in range(5):
        curriculum.move_to(count)
        assert [x.shape for x, _ in curriculum] == [(8, 2)] * 6
    with pytest.raises(IndexError):
        curriculum[6]


@pytest.mark.parametrize("balanced", [False, True])
def test_mix_moves_a_share_of_the_examples_beyond_the_first_pool(balanced):
    plain, mixed = dataset(balanced=balanced), dataset(balanced=balanced, mix=0.4)
    order, other = plain.indices(4), mixed.indices(4)
    assert sorted(order) == sorted(other) == IDS.tolist()
    assert set(plain.indices(0)) == set(mixed.indices(0))
    for group in groups(balanced):
        ranked, swapped = (each[np.isin(each, group)] for each in (order, other))
        later = len(group) - allowed(0.1, group)
        moved = np.count_nonzero(ranked != swapped)
        assert 0 < moved <= math.floor(0.4 * later + 0.5)
        assert len(set(mixed.indices(2)) & set(group)) == allowed(0.5, group)


def test_full_mix_takes_in_all_beyond_the_first_pool_at_random():
    hardest = set(np.argsort(SCORES)[-15:])
    assert not hardest & set(dataset().indices(2))
    assert len(hardest & set(dataset(mix=1.0).indices(2))) > 2


def test_difficulty_may_be_a_function_of_the_data():
    curriculum = dataset(difficulty=difficulty.centroid_distance)
    expected = dataset(difficulty=difficulty.centroid_distance(X, Y))
    np.testing.assert_array_equal(curriculum.indices(2), expected.indices(2))


def test_rows_of_every_array_belong_together_and_keep_their_structure():
    x = {"a": IDS, "b": np.stack([IDS, IDS]).T.reshape(EXAMPLES, 2, 1) / 2}
    curriculum = dataset(x=x, y=[IDS * 3, IDS[:, None] * 5], sample_weight=IDS * 7.0)
    curriculum.move_to(1)
    inputs, targets, weight = curriculum[2]
    ids = inputs["a"]
    assert ids.dtype == IDS.dtype
    assert inputs["b"].dtype == keras.config.floatx()
    np.testing.assert_array_equal(inputs["b"], np.stack([ids, ids]).T[..., None] / 2)
    np.testing.assert_array_equal(targets[0], 3 * ids)
    np.testing.assert_array_equal(targets[1], 5 * ids[:, None])
    np.testing.assert_array_equal(weight, 7 * ids)


def test_tensors_are_served_as_arrays():
    curriculum = dataset(x=keras.ops.convert_to_tensor(X))
    curriculum.move_to(0)
    assert set(served(curriculum)) == set(curriculum.indices(0))


def test_one_hot_rows_balance_too():
    curriculum = dataset(y=np.eye(3)[Y], balanced=True)
    np.testing.assert_array_equal(curriculum.indices(2), dataset(balanced=True).indices(2))


def test_reading_before_it_was_moved_is_refused():
    with pytest.raises(ValueError, match="must be moved by a `CurriculumScheduler` among"):
        dataset()[0]


def test_reads_out_of_order_are_seen_within_an_epoch():
    curriculum = dataset()
    curriculum.move_to(0)
    assert not curriculum.started
    for index in (2, 3, 4, 5):  # an epoch that goes on in its middle
        curriculum[index]
    assert curriculum.started
    assert curriculum.in_order
    curriculum[1]
    assert not curriculum.in_order
    curriculum.move_to(0)
    for index in (*range(6), 3, 1):  # the last two after the epoch
        curriculum[index]
    assert curriculum.in_order


NAN = np.where(IDS == 5, np.nan, SCORES)
BAD = [
    ({"difficulty": SCORES[1:]}, r"`difficulty` must be one number for each of 43 .* \(42,\)"),
    ({"difficulty": NAN}, "`difficulty` must be finite; received nan for example 5"),
    ({"difficulty": lambda x, y: y[:2]}, "`difficulty` must be one number for each of 43"),
    ({"pacing": 0.5}, "`pacing` must be callable; received pacing=0.5"),
    ({"pacing": lambda t: 0.0}, r"`pacing\(0\)` must be a number in \(0, 1\]; received .*=0.0"),
    ({"pacing": lambda t: 1.5}, r"`pacing\(0\)` must be a number in \(0, 1\]; received .*=1.5"),
    ({"pacing": lambda t: math.nan}, r"`pacing\(0\)` must be a number in \(0, 1\]; received .*nan"),
    ({"batch_size": 0}, r"`batch_size` must be an integer in \[1, 43\]; received batch_size=0"),
    ({"batch_size": 44}, r"`batch_size` must be an integer in \[1, 43\]; received batch_size=44"),
    ({"y": Y[:-1]}, "`y` must have 43 examples, as the first array of `x`; received 42"),
    ({"sample_weight": Y[:3]}, "`sample_weight` must have 43 examples.*; received 3"),
    ({"x": {"a": X, "b": X[:4]}}, "`x` must have 43 examples, as the first array.*; received 4"),
    ({"x": X[:0], "y": Y[:0]}, "`x` must have at least one example; received 0"),
    ({"x": 3.0}, "`x` must be made of arrays, batch first; received 3.0"),
    ({"x": {}}, "`x` must be made of arrays, batch first; received None"),
    ({"order": "hard"}, "`order` must be one of 'easy_to_hard', 'hard_to_easy', 'random'"),
    ({"balanced": 1}, "`balanced` must be a bool; received 1"),
    ({"balanced": True, "y": np.where(Y == 1, 2, Y)}, "`y` must have .* none of class 1"),
    ({"balanced": True, "y": np.eye(4)[Y]}, "`y` must have examples of every .* none of class 3"),
    ({"balanced": True, "y": SCORES}, "`y` must be integer labels from 0"),
    ({"balanced": True, "y": [Y, Y]}, "`y` must be one array of labels .* received a list"),
    ({"mix": -0.1}, r"`mix` must be a number in \[0, 1\]; received mix=-0.1"),
    ({"seed": 0.5}, "`seed` must be an integer in"),
    ({"rounds": 0}, r"`rounds` must be an integer in \[1, inf\); received rounds=0"),
]


@pytest.mark.parametrize(("arguments", "sentence"), BAD)
def test_bad_arguments_are_one_sentence(arguments, sentence):
    with pytest.raises(ValueError, match=sentence):
        dataset(**arguments)


def test_share_outside_its_range_is_refused_where_it_comes():
    curriculum = dataset(pacing=lambda t: 0.5 - t)
    with pytest.raises(ValueError, match=r"`pacing\(1\)` must be a number in \(0, 1\]; .*=-0.5"):
        curriculum.move_to(1)
