"""What only stage `export` needs: one module per format, the conversion, and the model card."""
