"""A version's leakage certificate: what was checked, what came of it, and that no version is promoted without one.

    <registry>/<model>/<version>/certificate.json     beside the bundle, which it names by its content's hash

The same version checked on the same tables gives the same bytes. Reading trusts nothing: a certificate that was changed, that is
of other content than the bundle beside it, or of which a check failed, counts as none and says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, get_args

from fancare import messages
from fancare.churn import sealed
from fancare.churn.bundle import Bundle
from fancare.errors import Refused

CERTIFICATE = "certificate.json"
FORMAT = 1
CheckName = Literal["future_scrambled", "as_known_then", "training_rows_only", "labels_ripe", "no_identity"]
Status = Literal["passed", "failed", "event_time_only"]
CHECKS: tuple[CheckName, ...] = get_args(CheckName)
_NOT_COMPARED = "served_not_compared_"  # and the reason's code of `fancare.churn.served`: how many days


@dataclass(frozen=True)
class Check:
    """One check: how it ended, the figures behind it, and where it failed the feature (or part of the model) to look at first."""

    name: CheckName
    status: Status
    numbers: Mapping[str, int | float | str]
    worst: str | None = None

    def told(self, lang: str = "ko") -> tuple[str, str, str]:
        """(check, status, what was compared) in words."""
        facts = {**self.numbers, "worst": self.worst or ""}
        found = messages.text(f"certificate.found.{self.name}", lang, **facts)
        return (
            messages.text(f"certificate.check.{self.name}", lang),
            messages.text(f"certificate.status.{self.status}", lang),
            ". ".join([found, *self._served(lang)]),
        )

    def _served(self, lang: str) -> list[str]:
        """What was served beside what was known, and why some of it was not compared; nothing where nothing was served."""
        if "served_days" not in self.numbers:
            return []
        whys = [
            messages.text(f"certificate.not_compared.{key.removeprefix(_NOT_COMPARED)}", lang, n=n)
            for key, n in self.numbers.items()
            if key.startswith(_NOT_COMPARED)
        ]
        return [messages.text("certificate.served", lang, **self.numbers), *whys]


@dataclass(frozen=True)
class Certificate:
    """What was checked of one version, in the order of `CHECKS`, and when (``certified_at``, the command's present)."""

    name: str
    version: str
    content_hash: str
    certified_at: str
    checks: tuple[Check, ...]

    @property
    def failed(self) -> tuple[Check, ...]:
        return tuple(check for check in self.checks if check.status == "failed")

    @property
    def passed(self) -> bool:
        return not self.failed and tuple(check.name for check in self.checks) == CHECKS

    def sentence(self, lang: str = "ko") -> str:
        """Passed, passed by event time only, or which check failed at which feature."""
        about = {"version": self.version, "n": len(self.checks)}
        if self.failed:
            first = self.failed[0]
            check = messages.text(f"certificate.check.{first.name}", lang)
            return messages.text("certificate.failed", lang, **about, check=check, worst=first.worst or "–")
        by_event_time = any(check.status == "event_time_only" for check in self.checks)
        return messages.text(f"certificate.passed{'_by_event_time' if by_event_time else ''}", lang, **about)

    def to_dict(self) -> dict[str, Any]:
        """JSON-able, with the sentence in every language."""
        content = {**asdict(self), "format": FORMAT, "passed": self.passed}
        content["sentence"] = {lang: self.sentence(lang) for lang in messages.LANGUAGES}
        return content


def certified(bundle: Bundle, checks: tuple[Check, ...], now: datetime) -> Certificate:
    """The certificate of this bundle's content."""
    moment = now.astimezone(UTC).isoformat(timespec="seconds")
    return Certificate(bundle.name, bundle.version, bundle.content_hash, moment, checks)


def write(certificate: Certificate, folder: Path) -> Path:
    """Put the certificate beside the bundle in ``folder``, in place of an earlier one; all or nothing."""
    return sealed.put(folder, CERTIFICATE, certificate.to_dict())


def read(folder: Path) -> Certificate | None:
    """The certificate in ``folder``, None where there is none; `Refused` when it is damaged."""
    try:
        data = sealed.found(folder, CERTIFICATE, FORMAT)
        if data is None:
            return None
        checks = tuple(Check(**check) for check in data["checks"])
        return Certificate(data["name"], data["version"], data["content_hash"], data["certified_at"], checks)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        path = folder / CERTIFICATE
        raise Refused(f"The certificate {path} is damaged ({error}); make it again with `fancare certify`.") from None


def require(bundle: Bundle, folder: Path) -> Certificate:
    """The bundle's passing certificate; `Refused` where there is none: no certificate, no promotion."""
    found = read(folder)
    again = f"run `fancare certify --version {bundle.version}`"
    if found is None:
        raise Refused(
            f"{bundle.version} of {bundle.name} has no leakage certificate, and without one nothing is promoted; {again}."
        )
    if found.content_hash != bundle.content_hash:
        raise Refused(
            f"The certificate {folder / CERTIFICATE} is of other content than {bundle.version} of {bundle.name} (its content "
            f"hash differs); {again}."
        )
    if not found.passed:
        what = " and ".join(f"{c.name} (at {c.worst!r})" for c in found.failed) or "having all of its checks"
        raise Refused(
            f"{bundle.version} of {bundle.name} is refused: its leakage certificate failed {what}; mend what leaks, train again "
            f"with --retrain and {again.replace(f' --version {bundle.version}', '')}."
        )
    return found
