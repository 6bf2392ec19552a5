"""Measurements. `make bench` runs them all (`bench.__main__`); the modules beside it measure one subject each.

Law: only figures of one run compare. Everything that is compared runs in rounds, one after the other, so that whatever
else the machine does hits all alike.
"""
