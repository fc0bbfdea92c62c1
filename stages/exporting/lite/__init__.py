"""LiteRT's operators for those of ONNX.

The project that converts PyTorch to LiteRT allows no current PyTorch, those that convert ONNX
need TensorFlow; LiteRT's own package has the schema of its files, and runs them.
"""
