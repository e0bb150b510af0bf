"""The entity's own rhythm: gaps between its active days, and the silence held against them."""

from __future__ import annotations

from fancare.panel import bits
from fancare.panel.feature import Feature
from fancare.panel.features.record import record


def rhythm() -> list[Feature]:
    """All of it over the active days of the last 84; undefined without two of them."""
    silence = bits.recency("own.act")
    return [
        record("gap_mean_84d", "rhythm", "days", "평소 활동 간격(평균)", "own usual gap, mean", "rhythm.gap_mean", window=84),
        record("gap_max_84d", "rhythm", "days", "가장 길었던 간격", "own longest gap", "rhythm.gap_max", window=84),
        record("gap_std_84d", "rhythm", "days", "간격의 표준편차", "standard deviation of own gaps", "rhythm.gap_std", window=84),
        record("silence_to_gap_mean", "rhythm", "ratio", "침묵 ÷ 평소 간격", "silence ÷ own usual gap",
           f"SAFE_DIVIDE({silence}, rhythm.gap_mean)", window=84),
        record("silence_to_gap_max", "rhythm", "ratio", "침묵 ÷ 가장 길었던 간격", "silence ÷ own longest gap",
           f"SAFE_DIVIDE({silence}, rhythm.gap_max)", window=84),
        record("gaps_over_silence", "rhythm", "share", "지금 침묵보다 길었던 간격의 비율", "share of own gaps longer than the silence",
           "rhythm.gap_over_0", window=84),
        record("gaps_over_silence_7d", "rhythm", "share", "지금 침묵보다 7일 이상 길었던 간격의 비율",
           "share of own gaps longer than the silence and 7 days more", "rhythm.gap_over_7", window=84),
        *(
            record(f"recency_{nth}_days", "recency", "days", f"뒤에서 {n}번째 활동일까지의 일수",
               f"days since the {nth} last active day", f"COALESCE(rhythm.nth_{n}, {bits.SPAN})", window=84)
            for n, nth in ((2, "2nd"), (3, "3rd"), (5, "5th"), (10, "10th"))
        ),
    ]  # fmt: skip
