"""What people and devices are called in a simulated log."""

from __future__ import annotations

import numpy as np


def creator_id(creator: int) -> str:
    """A creator's id, the user id of the creator's own events too.

    >>> creator_id(0)
    'c0001'
    """
    return f"c{creator + 1:04d}"


def fan_id(fan: int, creator_of_fan: int) -> str:
    """A fan's user id; a creator who is a fan of others keeps the one they have.

    >>> fan_id(0, creator_of_fan=-1), fan_id(0, creator_of_fan=4)
    ('u00001', 'c0005')
    """
    return f"u{fan + 1:05d}" if creator_of_fan < 0 else creator_id(creator_of_fan)


def second_account(user: str) -> str:
    """The id of a fan's second account.

    >>> second_account("u00001")
    'u00001b'
    """
    return f"{user}b"


def device_ids(count: int, rng: np.random.Generator) -> list[str]:
    """``count`` different device ids that say nothing about whose they are."""
    own_bits = count.bit_length()
    numbers = (rng.integers(0, 2 ** (48 - own_bits), count) << own_bits) | rng.permutation(count)
    return [f"{number:012x}" for number in numbers.tolist()]
