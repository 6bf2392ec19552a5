"""Scorecards of default: trained, described, kept in versions, and scored by table arithmetic.

Law: the outcome is a number with its reasons, never a decision; everything is Decimal, so the same file, the same
specification and the same card give the same figures on every machine. Ability to pay and willingness to pay are two
cards on two groups of evidence.

| module | subject |
|---|---|
| `binning` | weight of evidence per band, monotone |
| `fitting` | logistic regression by Newton's method |
| `measures` | AUC, KS, Brier, calibration, population stability |
| `card` | the card: bands, points, statistics; scoring with reasons; its file |
| `training` | from a table and a specification to a card, with what was held out |
"""
