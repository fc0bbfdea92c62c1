"""Stage `export`: one module per format, the conversion, the comparison, and the model card."""
