"""The page metrics/evaluate/report.html: content, charts, and templates."""
