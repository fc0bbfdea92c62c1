"""The predictor, without PyTorch: it imports nothing of `stages` and `tools`, which import it.

With ONNX Runtime, NumPy and Pillow alone it goes from picture files to class probabilities. The
pipeline decodes and resizes with the same code, and shares `escaping` and `shortage`.
"""
