"""The README's table of backtests, printed from what `fancare backtest --json FILE` wrote.

    python tests/benchmarks/quality_table.py "tips, rooms"=tips.json "creators, simulated"=demo.json
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from fancare.churn.metrics import ece_by_chance

HEAD = ("log and entity", "test rows", "churned", "TabNet: AUC", "TabNet: ECE (by chance)", "mean AUC: TabNet",
        "gradient boosting", "logistic regression", "recency rule", "TabNet − gradient boosting", "of the ceiling")  # fmt: skip


def line(name: str, told: dict[str, Any]) -> str:
    """One row; figures over several horizons are parted by slashes, shortest horizon first."""
    horizons = [told["horizons"][h]["tabnet"] for h in sorted(told["horizons"], key=int)]
    mean, gap = told["mean_auc"], told["tabnet_minus"]["hist_gradient_boosting"]
    cells = [
        name,
        f"{max(figures['n'] for figures in horizons):,}",
        " / ".join(f"{figures['churn_rate']:.2f}" for figures in horizons),
        " / ".join(f"{figures['auc']:.3f}" for figures in horizons),
        " / ".join(f"{f['ece']:.3f} ({ece_by_chance(f['brier'], f['n']):.3f})" for f in horizons),
        f"**{mean['tabnet']:.3f}**",
        *(f"{mean[other]:.3f}" for other in ("hist_gradient_boosting", "logistic_regression", "recency")),
        f"{gap['estimate']:+.4f} ({gap['low']:+.4f} to {gap['high']:+.4f})",
        " / ".join(f"{found['share']['estimate']:.0%}" for found in told.get("ceiling", {}).values()) or "–",
    ]
    return f"| {' | '.join(cells)} |"


def table(results: dict[str, Path]) -> str:
    """The whole table as Markdown."""
    rows = [line(name, json.loads(path.read_text(encoding="utf-8"))) for name, path in results.items()]
    return "\n".join([f"| {' | '.join(HEAD)} |", "|---" * len(HEAD) + "|", *rows])


if __name__ == "__main__":
    print(table({name: Path(path) for name, path in (given.rsplit("=", 1) for given in sys.argv[1:])}))
