"""The entity's own rhythm: gaps between its active days, and the silence held against them."""

from __future__ import annotations

from fancare.panel import bits
from fancare.panel.blocks import LONG_GAPS, NTH_LAST_DAYS, SILENCE_AND
from fancare.panel.feature import Feature
from fancare.panel.features.activity import ACT
from fancare.panel.features.record import record

_ORDINAL = {2: "2nd", 3: "3rd"}


def rhythm() -> list[Feature]:
    """All of it over the active days of the last 84; undefined without two of them."""

    def r(name: str, unit: str, ko: str, en: str, expression: str, window: int = 84) -> Feature:
        return record(name, "rhythm", unit, ko, en, expression, block="rhythm", window=window)

    silence = bits.recency(ACT)
    more = [h for h in SILENCE_AND if h]
    return [
        r("gap_mean_84d", "days", "평소 활동 간격(평균)", "own usual gap, mean", "rhythm.gap_mean"),
        r("gap_max_84d", "days", "가장 길었던 간격", "own longest gap", "rhythm.gap_max"),
        r("gap_std_84d", "days", "간격의 표준편차", "standard deviation of own gaps", "rhythm.gap_std"),
        r("gap_median_84d", "days", "평소 활동 간격(중앙값)", "own usual gap, median", "rhythm.gap_q50"),
        r("gap_q75_84d", "days", "긴 편인 간격(75% 지점)", "own gaps, 75th percentile", "rhythm.gap_q75"),
        r("gap_q90_84d", "days", "드물게 긴 간격(90% 지점)", "own gaps, 90th percentile", "rhythm.gap_q90"),
        r("gap_last_days", "days", "가장 최근 간격", "the last own gap", "rhythm.gap_last"),
        r("gap_mean_28d", "days", "최근 28일 활동 간격(평균)", "own gaps within 28 days, mean", "rhythm.gap_mean_28", 28),
        r("gap_max_28d", "days", "최근 28일 가장 길었던 간격", "own longest gap within 28 days", "rhythm.gap_max_28", 28),
        r("gap_cv_84d", "index", "간격의 들쭉날쭉함", "how far own gaps differ (SD by mean)", "SAFE_DIVIDE(rhythm.gap_std, rhythm.gap_mean)"),
        r("gap_last_to_mean", "share", "가장 최근 간격 ÷ 평소 간격", "the last own gap by the mean", "SAFE_DIVIDE(rhythm.gap_last, rhythm.gap_mean)"),
        r("gap_mean_trend_28d", "share", "활동 간격 평균: 28일 ÷ 84일", "own mean gap: 28 days by 84", "SAFE_DIVIDE(rhythm.gap_mean_28, rhythm.gap_mean)"),
        *(r(f"gaps_longer_{d}d", "share", f"{d}일보다 길었던 간격의 비율", f"share of own gaps longer than {d} days", f"rhythm.gap_longer_{d}")
          for d in LONG_GAPS),
        *(r(f"silence_to_gap_{key}", "ratio", f"침묵 ÷ {ko} 간격", f"silence ÷ own {en} gap", f"SAFE_DIVIDE({silence}, rhythm.gap_{column})")
          for key, column, ko, en in (("mean", "mean", "평소", "usual"), ("max", "max", "가장 길었던", "longest"),
                                      ("median", "q50", "중앙값", "median"), ("q90", "q90", "90% 지점", "90th percentile"))),
        r("silence_zscore", "SD", "침묵이 평소 간격에서 벗어난 정도(표준편차 단위)", "silence less the own mean gap, in their standard deviations",
          f"SAFE_DIVIDE({silence} - rhythm.gap_mean, rhythm.gap_std)"),
        r("gaps_over_silence", "share", "지금 침묵보다 길었던 간격의 비율", "share of own gaps longer than the silence", "rhythm.gap_over_0"),
        *(r(f"gaps_over_silence_{h}d", "share", f"지금 침묵보다 {h}일 이상 길었던 간격의 비율",
            f"share of own gaps longer than the silence and {h} days more", f"rhythm.gap_over_{h}") for h in more),
        *(r(f"silence_outlasts_{h}d", "share", f"지금 침묵만큼 긴 간격 중 {h}일 더 이어진 비율",
            f"of own gaps longer than the silence, the share that went on for {h} days more",
            f"SAFE_DIVIDE(rhythm.gap_over_{h}, rhythm.gap_over_0)") for h in more),
        *(record(f"recency_{_ORDINAL.get(n, f'{n}th')}_days", "recency", "days", f"뒤에서 {n}번째 활동일까지의 일수",
                 f"days since the {_ORDINAL.get(n, f'{n}th')} last active day", f"COALESCE(rhythm.nth_{n}, {bits.SPAN})",
                 block="rhythm", window=84) for n in NTH_LAST_DAYS),
    ]  # fmt: skip
