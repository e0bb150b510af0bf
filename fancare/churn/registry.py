"""Where trained models are kept: one folder per version, and one small file that says which version scores.

    <root>/<model name>/20260630-3f2a1c9b/    a bundle; never changed once there
    <root>/<model name>/champion.json         the version that scores, and every one before it

A version's name is its origin and its content's hash, so the same model registered twice is one version. Both writes end in
one rename: a process killed at any point leaves the old versions and the old champion.
"""

from __future__ import annotations

import fcntl
import getpass
import hashlib
import json
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

from fancare.churn import bundle as bundles
from fancare.churn import certificate, gate_record, turnover
from fancare.churn.bundle import Bundle
from fancare.churn.card import render
from fancare.churn.gate_record import Answer
from fancare.churn.promotion import Gate, Verdict, judge
from fancare.config import Config
from fancare.errors import ConfigError, Refused, WarehouseError

CHAMPION, LOCK, STAGING = "champion.json", ".lock", ".staging-"
FORMAT = 1
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
_VERSION = re.compile(r"\d{8}-[0-9a-f]{8}")


@dataclass(frozen=True)
class Reign:
    """One version's time as champion: since when, by whom, whether it may speak, and whom it followed.

    ``before`` is the position in the history of the reign a rollback goes back to (None: there was none).
    """

    version: str
    content_hash: str
    at: str
    by: str
    action: str
    verdict: Verdict
    before: int | None = None


@dataclass(frozen=True)
class LoadedBundle:
    """A version read from the registry and verified. ``can_say``: whether bands and ranks may be given."""

    bundle: Bundle
    version: str
    folder: Path
    verdict: Verdict = field(default_factory=lambda: Verdict(False, "gate.no_backtest"))

    @property
    def can_say(self) -> bool:
        return self.verdict.can_say


@dataclass(frozen=True)
class Registry:
    """The registry in a folder, which need not exist yet."""

    root: Path

    @classmethod
    def of(cls, config: Config) -> Registry:
        """The registry that the config names; relative paths start at the config file."""
        if "://" in config.registry.url:
            raise WarehouseError(
                f"[registry] url = {config.registry.url!r}: this fancare keeps models in a folder; give a path."
            )
        return cls(config.resolve(config.registry.url))

    def register(self, bundle: Bundle) -> str:
        """Keep the bundle, with its model card; returns its version. Registering the same content again changes nothing."""
        version = bundle.version
        home = self._home(bundle.name)
        with self._locked(bundle.name):
            if _is_whole(home / version):
                return version
            try:
                self._keep(bundle, home, version)
            except OSError as error:
                raise _unwritable(home, error) from None
        return version

    def _keep(self, bundle: Bundle, home: Path, version: str) -> None:
        for orphan in home.glob(f"{STAGING}*"):  # of a process that was killed: the lock is ours
            shutil.rmtree(orphan, ignore_errors=True)
        if (home / version).is_dir():  # damaged: out of the way, or the same content could never be kept again
            os.rename(home / version, tempfile.mkdtemp(prefix=f".damaged-{version}-", dir=home))
        staged = Path(tempfile.mkdtemp(prefix=STAGING, dir=home))
        bundle.write(staged, card=render(bundle))
        staged.chmod(0o755)
        _sync(staged)
        os.rename(staged, home / version)
        _sync(home)

    def versions(self, name: str) -> tuple[str, ...]:
        """All versions of a model, oldest origin first; of the same origin, in the order they were kept."""
        home = self._home(name)
        found = [path for path in home.iterdir() if _VERSION.fullmatch(path.name)] if home.is_dir() else []
        return tuple(path.name for path in sorted(found, key=lambda p: (p.name[:8], p.stat().st_mtime_ns, p.name)))

    def registered_at(self, name: str, version: str) -> float:
        """When a version was put here, in seconds since 1970: tells apart several made as of one day."""
        return (self._home(name) / version).stat().st_mtime

    def load(self, name: str, version: str) -> LoadedBundle:
        """A version, every file verified; `WarehouseError` when there is none of that name, `Refused` when damaged."""
        folder = self._home(name) / version
        if not _VERSION.fullmatch(version) or not folder.is_dir():
            offered = ", ".join(self.versions(name)[-5:]) or "none"
            raise WarehouseError(f"{name} has no version {version!r} in {self.root}; there are {offered}.")
        bundle = bundles.read(folder)
        if bundle.name != name or bundle.version != version:
            raise Refused(
                f"The folder {folder} holds {bundle.name} {bundle.version}, not what its name says; "
                f"roll back to an earlier version or train again with --retrain."
            )
        return LoadedBundle(bundle, version, folder)

    def champion(self, name: str, as_of: date | None = None) -> LoadedBundle | None:
        """The model that scores, verified; None when there has been none yet.

        With ``as_of`` the last champion made on or before that day: a day is never scored by a model that knew its future.
        """
        reigns = [r for r in self.history(name) if as_of is None or r.version[:8] <= f"{as_of:%Y%m%d}"]
        return self._reigning(name, reigns[-1]) if reigns else None

    def history(self, name: str) -> tuple[Reign, ...]:
        """Every reign, oldest first; the last one is in force."""
        path = self._home(name) / CHAMPION
        try:
            data = json.loads(path.read_bytes())
            if data["format"] != FORMAT:
                raise ValueError(f"format {data['format']!r}")
            if data["sha256"] != _sha256_of(data["history"]) or data["champion"] != data["history"][-1]["version"]:
                raise ValueError("its SHA-256 does not match")
            return tuple(Reign(**{**reign, "verdict": Verdict(**reign["verdict"])}) for reign in data["history"])
        except FileNotFoundError:
            return ()
        except OSError as error:
            raise WarehouseError(f"{path} cannot be read ({error.strerror}); check its permissions.") from None
        except (ValueError, KeyError, TypeError, IndexError) as error:
            raise Refused(
                f"{path} is damaged ({error}); restore it, or remove it and promote a version again."
            ) from None

    def promote(
        self, name: str, version: str, at: datetime, by: str | None = None, accept_turnover: bool = False,
        tell: Callable[[Gate], None] | None = None,
    ) -> Verdict:  # fmt: skip
        """Make a version champion if it is certified and the gate lets it; `Refused` leaves the champion. Returns the verdict.

        ``by`` is who is on record for it; None takes the user of this process. ``accept_turnover``: a person takes the new
        watchlist, however many names are new. ``tell`` hears all checks of the gate, before it is known what follows; what they
        said stays on record beside the version, let in or not.
        """
        challenger = self.load(name, version)
        with self._locked(name):
            history = self.history(name)
            if history and history[-1].version == version:
                return history[-1].verdict
            champion = self._reigning_or_none(name, history[-1]) if history else None
            gate = judge(
                challenger.bundle,
                champion,
                self._turnover(challenger, champion),
                accept_turnover,
                uncertified(challenger),
            )
            gate_record.keep(challenger.folder, Answer.of(gate, at))
            if tell is not None:
                tell(gate)
            verdict = gate.enforce()
            before = len(history) - 1 if history else None
            action = "promote, turnover accepted" if accept_turnover else "promote"
            reign = Reign(version, challenger.bundle.content_hash, at.isoformat(), _who(by), action, verdict, before)
            self._write(name, (*history, reign))
        return verdict

    def _turnover(self, challenger: LoadedBundle, champion: Bundle | None) -> turnover.Turnover | None:
        if champion is None:
            return None
        return turnover.against(challenger.folder, challenger.bundle.content_hash, champion.content_hash)

    def champions(self, name: str, most: int = turnover.MOST) -> tuple[LoadedBundle, ...]:
        """The champion and those before it, each version once, newest reign first; damaged ones are left out."""
        found: dict[str, LoadedBundle] = {}
        for reign in reversed(self.history(name)):
            if reign.version in found or len(found) == most:
                continue
            try:
                found[reign.version] = self._reigning(name, reign)
            except Refused:
                continue
        return tuple(found.values())

    def waiting(
        self, name: str, made_by: date, data_spec_hash: str, besides: str, most: int = turnover.MOST
    ) -> tuple[LoadedBundle, ...]:
        """Certified versions that were never champion and may become so, newest first; damaged ones are left out.

        Only of one definition of churn and made on or before ``made_by``; ``besides`` is the version that asks.
        """
        left_out = {besides, *(reign.version for reign in self.history(name))}
        found: list[LoadedBundle] = []
        for version in reversed(self.versions(name)):
            if len(found) == most:
                break
            if version in left_out or version[:8] > f"{made_by:%Y%m%d}":
                continue
            try:
                loaded = self.load(name, version)
            except Refused:
                continue
            if loaded.bundle.churn.data_spec_hash == data_spec_hash and uncertified(loaded) is None:
                found.append(loaded)
        return tuple(found)

    def rollback(self, name: str, at: datetime, by: str | None = None) -> str:
        """Make the champion before this one champion again, and again the one before that; returns its version."""
        with self._locked(name):
            history = self.history(name)
            position = history[-1].before if history else None
            if position is None:
                raise Refused(
                    f"{name} has no earlier champion in {self.root} to roll back to; train one with --retrain."
                )
            earlier = history[position]
            self._reigning(name, earlier)  # a damaged one is refused here, and the champion stays
            who = _who(by)
            reign = Reign(
                earlier.version, earlier.content_hash, at.isoformat(), who, "rollback", earlier.verdict, earlier.before
            )
            self._write(name, (*history, reign))
        return earlier.version

    def _reigning(self, name: str, reign: Reign) -> LoadedBundle:
        try:
            loaded = self.load(name, reign.version)
        except WarehouseError as error:
            raise Refused(f"The champion of {name} cannot be loaded: {error}") from None
        if loaded.bundle.content_hash != reign.content_hash:
            raise Refused(
                f"The model {loaded.folder} is not the one that was promoted (its content hash differs); "
                f"roll back to an earlier version or train again with --retrain."
            )
        return LoadedBundle(loaded.bundle, loaded.version, loaded.folder, reign.verdict)

    def _reigning_or_none(self, name: str, reign: Reign) -> Bundle | None:
        """The champion to compare with; a damaged one is no yardstick and must not keep a good challenger out."""
        try:
            return self._reigning(name, reign).bundle
        except Refused:
            return None

    def _write(self, name: str, history: tuple[Reign, ...]) -> None:
        home = self._home(name)
        reigns = [asdict(reign) for reign in history]
        content = {
            "format": FORMAT,
            "champion": history[-1].version,
            "history": reigns,
            "sha256": _sha256_of(reigns),
        }
        temporary = home / f".{CHAMPION}.{os.getpid()}"
        try:
            with open(temporary, "w", encoding="utf-8") as file:
                json.dump(content, file, indent=1, sort_keys=True)
                file.flush()
                os.fsync(file.fileno())
            os.replace(temporary, home / CHAMPION)
            _sync(home)
        except OSError as error:
            temporary.unlink(missing_ok=True)
            raise _unwritable(home, error) from None

    @contextmanager
    def _locked(self, name: str) -> Iterator[None]:
        """One writer of champion.json at a time; the lock goes with the process."""
        home = self._home(name)
        try:
            home.mkdir(parents=True, exist_ok=True)
            lock = open(home / LOCK, "w")  # noqa: SIM115
        except OSError as error:
            raise _unwritable(home, error) from None
        with lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _home(self, name: str) -> Path:
        if not _NAME.fullmatch(name):
            raise ConfigError(f"The model name {name!r} cannot name a folder; use letters, digits, '_', '-' and '.'.")
        return self.root / name


def uncertified(challenger: LoadedBundle) -> str | None:
    """Why the version has no passing certificate; None where it has."""
    try:
        certificate.require(challenger.bundle, challenger.folder)
    except Refused as refused:
        return str(refused)
    return None


def awaits_certificate(challenger: LoadedBundle) -> bool:
    """Whether the checks have still to be run on this content; a certificate that failed is an answer."""
    try:
        found = certificate.read(challenger.folder)
    except Refused:  # damaged
        return True
    return found is None or found.content_hash != challenger.bundle.content_hash


def _who(by: str | None) -> str:
    if by is not None:
        return by
    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):  # a container's user may have no name
        return ""


def _sha256_of(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()


def _is_whole(folder: Path) -> bool:
    try:
        return folder.is_dir() and bool(bundles.read(folder))
    except (Refused, WarehouseError):
        return False


def _unwritable(home: Path, error: OSError) -> WarehouseError:
    return WarehouseError(
        f"The registry {home} cannot be written ({error.strerror}); check disk space and permissions."
    )


def _sync(folder: Path) -> None:
    """See a folder's entries onto the disk."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
