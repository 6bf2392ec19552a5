"""Deals in figures: plans, facilities, conditions, monitoring, exposures. Law: what is shown is read from the book and
computed by `handlers`; a page phrases it, draws it and hands it out as a file.
"""
