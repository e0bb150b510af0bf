import json

import numpy as np
import pytest

from fancare.churn.encode import CLIP, ROWS_AT_A_TIME, Encoder, signed_log1p


@pytest.fixture
def rows():
    random = np.random.default_rng(1)
    X = random.lognormal(3, 2, size=(500, 4)).astype(np.float32)
    X[:, 1] *= -1
    X[:, 2] = 7.0  # constant
    X[:, 3] = np.nan  # never defined
    X[::10, 0] = np.nan
    return X


def test_training_rows_come_out_centred_with_unit_spread(rows):
    encoded = Encoder.fit(rows).transform(rows)
    defined = encoded[~np.isnan(rows[:, 0]), 0]
    assert abs(defined.mean()) < 0.01
    assert abs(defined.std() - 1) < 0.02


def test_undefined_and_constant_are_the_training_mean(rows):
    later = rows[:5].copy()
    later[:, 0] = np.nan
    later[:, 2] = [0, 1e9, np.inf, np.nan, -3]
    encoded = Encoder.fit(rows).transform(later)
    assert (encoded[:, [0, 2, 3]] == 0).all()


def test_a_column_that_hardly_varies_is_constant():
    X = np.array([[1e-45], [0.0]], dtype=np.float32)
    assert Encoder.fit(X).transform(np.array([[1e-45], [5.0]], dtype=np.float32)).tolist() == [[0.0], [0.0]]


def test_order_survives_and_nothing_leaves_the_clip(rows):
    column = np.sort(np.concatenate([rows[10:200, 0], [-1e30, 0, 1e30, -np.inf, np.inf]]))
    column = column[~np.isnan(column)]
    line = np.repeat(column[:, None], 4, axis=1).astype(np.float32)
    encoded = Encoder.fit(rows).transform(line)[:, 0]
    assert (np.diff(encoded) >= 0).all()
    assert encoded[0] == -CLIP
    assert encoded[-1] == CLIP


def test_signed_log_keeps_sign():
    assert signed_log1p(np.array([-np.e + 1, 0.0, np.e - 1])) == pytest.approx([-1, 0, 1])


def test_a_row_is_encoded_alike_alone_and_in_any_block(rows):
    encoder = Encoder.fit(rows)
    many = np.tile(rows, (ROWS_AT_A_TIME // len(rows) + 2, 1))
    assert (encoder.transform(many)[-1] == encoder.transform(rows[-1:])[0]).all()


def test_json_round_trip_gives_the_same_bits(rows):
    encoder = Encoder.fit(rows)
    again = Encoder.from_dict(json.loads(json.dumps(encoder.to_dict())))
    assert (again.transform(rows) == encoder.transform(rows)).all()


def test_the_input_is_left_alone(rows):
    before = rows.copy()
    Encoder.fit(rows).transform(rows)
    np.testing.assert_array_equal(rows, before)


@pytest.mark.parametrize(
    ("X", "sentence"),
    [
        (np.zeros((0, 3), np.float32), "at least one row"),
        (np.array([[1.0, np.inf]], np.float32), "Feature number 1 is infinite"),
    ],
)
def test_unusable_training_rows_are_named(X, sentence):
    with pytest.raises(ValueError, match=sentence):
        Encoder.fit(X)


def test_another_number_of_columns_is_refused(rows):
    with pytest.raises(ValueError, match="fitted on 4 columns"):
        Encoder.fit(rows).transform(rows[:, :3])
