"""Where real event logs lie that are not part of the repository: FANCARE_REAL_DATA, or beside the checkout."""

from __future__ import annotations

import os
from pathlib import Path

REAL_LOGS = Path(os.environ.get("FANCARE_REAL_DATA", Path(__file__).parents[2] / "shared" / "data")).resolve()
