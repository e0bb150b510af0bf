"""What people read: the watchlist, the page, and all about one entity in words. Reads tables, computes no risk.

    risk_scores, risk_reasons, activity_daily ──▶ watchlist (table, CSV)
                                              ──▶ page (one HTML file: charts, kpis, risk_trend, model_quality)
                                              ──▶ explain (lookup: which entity an id means)

Whatever comes from the log goes through ``hostile`` before it is shown.
"""
