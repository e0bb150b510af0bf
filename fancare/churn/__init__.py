"""Churn: a panel becomes a model, a model becomes risks with reasons.

    panel ──▶ selection ──▶ encode ──▶ tabnet (network, hazard) ──▶ calibration  =  model
    panel ──▶ backtest: the model and the baselines, made again at earlier origins ──▶ metrics, bootstrap
    model + backtest ──▶ bundle ──▶ registry ──▶ promotion ──▶ champion ──▶ score ──▶ reasons (themes, occlusion)

``training`` and ``scoring`` run these in order on a warehouse. torch is imported in ``network`` and ``tabnet`` alone.
"""
