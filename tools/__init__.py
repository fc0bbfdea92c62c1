"""Commands that people run beside the pipeline: `python -m tools.<command>`, one a module.

They import stages and reprise; neither imports them.
"""
