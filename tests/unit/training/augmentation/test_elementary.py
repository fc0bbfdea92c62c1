import math

import numpy as np
import pytest

from stages.training.augmentation.elementary import COS, EXP, LOG, SIN, cosine_and_sine, power

RNG = np.random.default_rng(0)


def test_powers_are_those_of_the_c_library() -> None:
    base, exponent = RNG.uniform(0.01, 30, 5000), RNG.uniform(-9, 9, 5000)
    expected = [math.pow(*pair) for pair in zip(base, exponent, strict=True)]
    np.testing.assert_allclose(power(base, exponent), expected, rtol=1e-13)


@pytest.mark.parametrize("base", [1.0, 0.5, 2.0, 4.0])
def test_powers_that_are_whole_are_exact(base: float) -> None:
    exponents = np.array([0.0, 1.0, 2.0, -1.0])
    np.testing.assert_array_equal(power(np.full(4, base), exponents), base**exponents)


def test_powers_end_where_floats_do() -> None:
    found = power(np.array([1e-16, 1e-16, 2.0, 1.0]), np.array([-1e9, 1e9, 1e9, -1e9]))
    assert found[0] == found[2] > 1e300
    assert 0 < found[1] < 1e-300
    assert found[3] == 1


def test_angles_are_those_of_the_c_library() -> None:
    degrees = RNG.uniform(-720, 720, 5000)
    for found, function in zip(cosine_and_sine(degrees), (math.cos, math.sin), strict=True):
        expected = [function(math.radians(angle)) for angle in degrees]
        np.testing.assert_allclose(found, expected, atol=1e-14)


def test_right_angles_are_exact() -> None:
    cos, sin = cosine_and_sine(np.array([0.0, 90.0, 180.0, 270.0, -90.0, 360.0]))
    assert cos.tolist() == [1, 0, -1, 0, 0, 1]
    assert sin.tolist() == [0, 1, 0, -1, -1, 0]


def test_numbers_do_not_depend_on_their_neighbours() -> None:
    # As vectorised loops and their remainders of NumPy might.
    numbers = RNG.uniform(0.1, 9, 1003)
    whole, (cos, sin) = power(numbers, -numbers), cosine_and_sine(99 * numbers)
    for start in range(0, 1003, 17):
        part = numbers[start : start + 17]
        np.testing.assert_array_equal(power(part, -part), whole[start : start + 17])
        for found, expected in zip(cosine_and_sine(99 * part), (cos, sin), strict=True):
            np.testing.assert_array_equal(found, expected[start : start + 17])


def test_bits_are_those_of_plain_floats() -> None:
    # Python's are one IEEE operation after the other, on any machine.
    numbers, exponents = RNG.uniform(0.05, 20, 300), RNG.uniform(-9, 9, 300)
    expected = [plain_power(*pair) for pair in zip(numbers.tolist(), exponents, strict=True)]
    assert power(numbers, exponents).tolist() == expected
    cos, sin = cosine_and_sine(numbers)
    small = [(angle - 90 * round(angle / 90)) * (math.pi / 180) for angle in numbers.tolist()]
    assert cos.tolist() == [horner(r * r, COS) for r in small]
    assert sin.tolist() == [r * horner(r * r, SIN) for r in small]


def horner(x: float, coefficients: list[float]) -> float:
    total = coefficients[-1]
    for coefficient in reversed(coefficients[:-1]):
        total = total * x + coefficient
    return total


def plain_power(base: float, exponent: float) -> float:
    fraction, twos = math.frexp(base)
    if fraction < 0.5**0.5:
        fraction, twos = 2 * fraction, twos - 1
    s = (fraction - 1) / (fraction + 1)
    x = float(exponent) * (twos * math.log(2) + 2 * s * horner(s * s, LOG))
    halvings = round(x / math.log(2))
    return math.ldexp(horner(x - halvings * math.log(2), EXP), halvings)
