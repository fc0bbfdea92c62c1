"""Experiment trackers (MLflow, W&B) and the signal file of DVCLive."""
