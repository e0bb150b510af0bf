import numpy as np
import pytest
from threadpoolctl import threadpool_info

from fancare.churn.threads import limited, thread_count


def test_told_before_environment_before_one(monkeypatch):
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    assert thread_count() == 1
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    assert thread_count() == 3
    assert thread_count(2) == 2


@pytest.mark.parametrize(("told", "count"), [("4,2", 4), (" 2 ", 2), ("0", 1), ("", 1), ("-1", 1), ("many", 1)])
def test_whatever_the_environment_says_there_is_a_thread(monkeypatch, told, count):
    monkeypatch.setenv("OMP_NUM_THREADS", told)
    assert thread_count() == count


@pytest.mark.skipif(not threadpool_info(), reason="no array library with threads is loaded")
def test_the_limit_holds_while_it_lasts():
    np.ones((2, 2)) @ np.ones((2, 2))
    before = [pool["num_threads"] for pool in threadpool_info()]
    with limited(1):
        assert {pool["num_threads"] for pool in threadpool_info()} == {1}
    assert [pool["num_threads"] for pool in threadpool_info()] == before
