"""Elementary functions of products, quotients and sums, which every processor rounds alike.

NumPy computes its own by instructions that differ between processors, and so do their last bits.
"""

from collections.abc import Sequence
from math import factorial, log

import numpy as np
from jaxtyping import Float64

Numbers = Float64[np.ndarray, "*shape"]
LN_2 = log(2)
LARGEST = 700.0  # logarithm of about the largest number
# Taylor series, to about the last bit but two: in s^2 of log((1 + s) / (1 - s)) / 2s, in x of
# exp(x), in r^2 of cos(r) and sin(r) / r.
LOG = [1 / (2 * k + 1) for k in range(10)]
EXP = [1 / factorial(k) for k in range(13)]
COS = [(-1) ** k / factorial(2 * k) for k in range(9)]
SIN = [(-1) ** k / factorial(2 * k + 1) for k in range(8)]


def power(base: Numbers, exponent: Numbers) -> Numbers:
    """Raise numbers greater than 0 to a power, of which no more comes than 1e304, nor less of 1."""
    fraction, twos = np.frexp(base)
    low = fraction < 0.5**0.5  # so that fractions lie about 1, whose logarithm is exactly 0
    fraction, twos = np.where(low, 2 * fraction, fraction), twos - low
    s = (fraction - 1) / (fraction + 1)
    x = exponent * (twos * LN_2 + 2 * s * _polynomial(LOG, s * s))
    x = x.clip(-LARGEST, LARGEST)
    twos = np.rint(x / LN_2)
    return np.asarray(np.ldexp(_polynomial(EXP, x - twos * LN_2), twos.astype(np.int32)))


def cosine_and_sine(degrees: Numbers) -> tuple[Numbers, Numbers]:
    """Return the cosine and the sine of angles."""
    quarters = np.rint(degrees / 90)
    r = (degrees - 90 * quarters) * (np.pi / 180)  # within an eighth of the circle
    cos, sin = _polynomial(COS, r * r), r * _polynomial(SIN, r * r)
    turn = quarters.astype(np.int64)
    odd = turn % 2 == 1
    return np.where(odd, sin, cos) * (1 - (turn + 1 & 2)), np.where(odd, cos, sin) * (
        1 - (turn & 2)
    )


def _polynomial(coefficients: Sequence[float], x: Numbers) -> Numbers:
    """Evaluate a polynomial, its constant first, by Horner's rule."""
    total = np.full_like(x, coefficients[-1])
    for coefficient in coefficients[-2::-1]:
        total *= x
        total += coefficient
    return total
