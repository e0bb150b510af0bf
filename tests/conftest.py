"""Settings for every kind of test."""

from __future__ import annotations

import os

# one thread, as fancare itself takes: numeric libraries that spin for each other's threads are ten times slower on a busy machine
os.environ.setdefault("OMP_NUM_THREADS", "1")

from hypothesis import HealthCheck, settings

# No test has a clock in it. CI draws the same examples every time; a developer's runs draw new ones.
settings.register_profile(
    "fancare",
    deadline=None,
    derandomize=os.environ.get("CI") == "true",
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("fancare")
