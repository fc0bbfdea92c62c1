"""Logs for TensorBoard: curves, histograms, images, the graph and the parameters."""
