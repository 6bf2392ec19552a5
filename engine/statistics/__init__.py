"""Figures of what happened: per definition, element, flow, person and day. Law: derived from history, never in a step.

`fold` is pure and turns history into figures; `facts` reads what it needs; `keeping` keeps the figures up, hands over
those of cases that the clean-up takes, and makes all anew. Who reads them uses `engine.queries.statistics`.
"""
