"""Commands that people run beside the pipeline: `reprise <command>`, one a module.

They import stages and reprise; neither imports them.
"""
