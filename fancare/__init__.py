"""fancare: from a creator–fan platform's event log to the creators who are about to go quiet, and why.

    event log ──▶ events ──▶ activity_daily ──▶ cohort ─┬─▶ features (the past) ───┐
                                                        └─▶ labels   (the future) ─┴─▶ panel
    panel ──▶ TabNet chain ──▶ calibration ──▶ backtest ──▶ registry ──▶ risk_scores ──▶ reasons, watchlist, report

Each arrow is a table or a file, each package owns a stretch of the way: ``events`` the front door, ``panel`` what
learning may see, ``churn`` the model, ``reports`` what people read. ``pipeline`` lists the stages in order.
"""

__version__ = "0.1.0"
