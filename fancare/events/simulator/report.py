"""What a simulation wrote, as a record and in words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path


@dataclass(frozen=True)
class SimulationReport:
    """Where the log and the truth lie, and how many lines of what the log holds.

    ``counts`` counts events (not lines) by name; ``duplicates`` are the further lines; ``late`` events took hours to three
    days; ``before_identify`` lines carry a device only; ``not_yet_arrived`` events happened before the end but would
    arrive after it, so they are not in the log. ``broken`` and ``wrong_clocks`` are lines on top of those of the events.
    """

    world: str
    seed: int
    first_day: date
    last_day: date
    files: tuple[Path, ...]
    truth: Path
    truth_days: Path
    truth_devices: Path
    truth_risk: Path
    truth_rooms: Path
    truth_fans: Path
    truth_faults: Path
    manifest: Path
    creators: int
    creators_ended: int
    fans: int
    counts: dict[str, int]
    lines: int
    late: int
    duplicates: int
    before_identify: int
    devices_linked: int
    devices_never_linked: int
    broken: int
    wrong_clocks: int
    merges: int
    bots: int
    not_yet_arrived: int

    def describe(self) -> str:
        """The report in words, a few lines."""
        names = ", ".join(f"{name} {count:,}" for name, count in sorted(self.counts.items(), key=lambda c: -c[1]))
        return "\n".join(
            (
                f"World '{self.world}', seed {self.seed}: {self.first_day} to {self.last_day}, {self.creators:,} creators "
                f"({self.creators_ended:,} ended), {self.fans:,} fans.",
                f"{self.lines:,} lines in {len(self.files)} files: {sum(self.counts.values()):,} events, "
                f"{self.duplicates:,} of them a second time, {self.late:,} late; {self.not_yet_arrived:,} had not "
                f"arrived when the log ends.",
                f"Identities: {self.devices_linked:,} devices linked to a user after {self.before_identify:,} lines "
                f"without one, {self.devices_never_linked:,} devices never linked.",
                *self._faults(),
                f"Events: {names}.",
                f"Truth: {self.truth}",
                f"The risk that nothing can foretell better: {self.truth_risk}",
            )
        )

    def _faults(self) -> tuple[str, ...]:
        if not (self.broken or self.wrong_clocks or self.merges or self.bots):
            return ()
        return (
            f"Faults: {self.broken:,} broken lines, {self.wrong_clocks:,} under a wrong clock, {self.bots:,} bots, "
            f"{self.merges:,} second accounts merged; each line in {self.truth_faults}.",
        )
