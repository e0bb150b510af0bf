"""A training that is killed goes on, and ends with the very bits it would have had."""

from __future__ import annotations

import resource
import signal
from dataclasses import replace

import numpy as np
import pytest

from fancare.churn.checkpoint import OLDEST_KEPT, Checkpoint, Checkpoints, fingerprint
from fancare.churn.tabnet import TabNetChain
from fancare.panel import float_rows
from fancare.progress import Progress, Task
from tests.drawn_panel import SMALL
from tests.unit.churn.test_tabnet import bits, world

SPEC = replace(SMALL, epochs=3, seeds=(0, 5))


class Killed(Exception):
    """Stands for the end of the process."""


class KilledAfter(Progress):
    """Ends the training when so many epochs were told of, which is before the last of them is saved."""

    def __init__(self, epochs: int) -> None:
        self.left = epochs

    def task(self, title, total=None):
        return _Watched(self)


class _Watched(Task):
    def __init__(self, killer: KilledAfter) -> None:
        super().__init__("TabNet", None)
        self._killer = killer

    def __enter__(self):
        return self

    def __exit__(self, *_):
        return False

    def advance(self, by=1, note=""):
        super().advance(by, note)
        if "from the checkpoint" in note:
            return
        self._killer.left -= 1
        if not self._killer.left:
            raise Killed


@pytest.mark.parametrize("epochs", [1, 2, 3, 4, 5, 6])
@pytest.mark.parametrize("mapped", [False, True])
def test_killed_after_any_epoch_it_ends_with_the_same_bits(tmp_path, monkeypatch, epochs, mapped):
    X, churned = world(300)
    if mapped:
        monkeypatch.setattr(float_rows, "MAPPED_FROM_BYTES", 1)
        held, X = X, float_rows.float_rows(*X.shape)
        X[:] = held
    whole = bits(TabNetChain.fit(X, churned, SPEC))
    kept = Checkpoints(tmp_path / "unfinished")
    with pytest.raises(Killed):
        TabNetChain.fit(X, churned, SPEC, KilledAfter(epochs), checkpoints=kept)
    again = KilledAfter(7 - (epochs - 1))  # that many epochs are left to train, and one more never comes
    assert bits(TabNetChain.fit(X, churned, SPEC, again, checkpoints=kept)) == whole
    assert again.left == 1
    kept.clear()
    assert not kept.folder.exists()


def test_killed_while_asked_beside_it_ends_with_the_same_bits(tmp_path):
    X, churned = world(300)
    between = (X[:, :2] > 0).astype(np.float32)
    kept = Checkpoints(tmp_path / "unfinished")
    with pytest.raises(Killed):
        TabNetChain.fit(X, churned, SPEC, KilledAfter(5), checkpoints=kept, between=between)
    again = TabNetChain.fit(X, churned, SPEC, checkpoints=kept, between=between)
    assert bits(again) == bits(TabNetChain.fit(X, churned, SPEC, between=between))


@pytest.mark.parametrize("other", ["rows", "labels", "spec", "threads"])
def test_another_training_begins_anew(tmp_path, other):
    X, churned = world(120)
    kept = Checkpoints(tmp_path)
    with pytest.raises(Killed):
        TabNetChain.fit(X, churned, SPEC, KilledAfter(4), checkpoints=kept)
    spec, threads = SPEC, None
    if other == "rows":
        X = X.copy()
        X[0, 0] += 1e-3
    elif other == "labels":
        churned = churned.copy()
        churned[0, 0] = 1 - churned[0, 0]
    elif other == "spec":
        spec = replace(SPEC, gamma=1.31)
    else:
        threads = 2
    watched = KilledAfter(7)
    TabNetChain.fit(X, churned, spec, watched, threads, kept)
    assert watched.left == 1  # all six epochs were trained


def test_a_damaged_checkpoint_is_as_good_as_none(tmp_path):
    X, churned = world(120)
    kept = Checkpoints(tmp_path)
    with pytest.raises(Killed):
        TabNetChain.fit(X, churned, SPEC, KilledAfter(3), checkpoints=kept)
    (path,) = tmp_path.glob("*.safetensors")
    path.write_bytes(path.read_bytes()[:1000])
    assert bits(TabNetChain.fit(X, churned, SPEC, checkpoints=kept)) == bits(TabNetChain.fit(X, churned, SPEC))


def test_a_folder_that_cannot_be_written_stops_no_training(tmp_path):
    X, churned = world(60)
    in_the_way = tmp_path / "file"
    in_the_way.write_text("")
    chain = TabNetChain.fit(X, churned, SPEC, checkpoints=Checkpoints(in_the_way / "unfinished"))
    assert bits(chain) == bits(TabNetChain.fit(X, churned, SPEC))


def test_a_full_disk_stops_no_training(tmp_path):
    limit = (4096, resource.getrlimit(resource.RLIMIT_FSIZE)[1])
    before, signals = resource.getrlimit(resource.RLIMIT_FSIZE), signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    X, churned = world(60)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, limit)  # no file may grow longer, as on a disk that is full
        chain = TabNetChain.fit(X, churned, SPEC, checkpoints=Checkpoints(tmp_path / "unfinished"))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, signals)
    assert bits(chain) == bits(TabNetChain.fit(X, churned, SPEC))
    assert not list((tmp_path / "unfinished").glob("*.safetensors"))


def test_the_oldest_trainings_are_forgotten(tmp_path):
    import torch

    kept = Checkpoints(tmp_path)
    for number in range(OLDEST_KEPT + 3):
        kept.of(f"{number:032x}").save({"x": torch.ones(2)}, {"seeds": 0, "epochs": number})
    assert len(list(tmp_path.glob("*.safetensors"))) == OLDEST_KEPT
    tensors, progress = kept.of(f"{OLDEST_KEPT + 2:032x}").load()
    assert tensors["x"].tolist() == [1, 1]
    assert progress == {"seeds": 0, "epochs": OLDEST_KEPT + 2}
    assert Checkpoint(tmp_path / "none").load() is None


def test_a_fingerprint_is_of_all_that_decides():
    X, y = np.zeros((3, 2), np.float32), {"target": np.ones(3, np.float32)}
    same = fingerprint(X, y, {"seed": 1})
    assert same == fingerprint(X.copy(), {"target": y["target"].copy()}, {"seed": 1})
    assert len({same, fingerprint(X + 1, y, {"seed": 1}), fingerprint(X, y, {"seed": 2}), fingerprint(X, {}, {"seed": 1})}) == 4
