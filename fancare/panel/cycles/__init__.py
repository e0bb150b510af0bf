"""Activity cycles: how long the gaps between activities are, and from which silence on hardly anybody comes back.

    activity_daily ─▶ active_days ─┬─▶ returns ─────────────▶ who comes back after k days of silence
                                   └─▶ pooled_gaps ─▶ own_rhythm     each entity's own longest usual gap   (the past)
                                        (gap_family)      └─▶ own_rhythm_labels   who stayed silent past it (the future)
                                                          └─▶ promise             of those called churned, who came back

``study`` runs all of it for one day.
"""
