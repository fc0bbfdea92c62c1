"""Commands that people run beside the stages: each is a module, `python -m tools.<command>`.

They may import the stages and the predictor; nothing imports them.
"""
