"""Rooms of those who keep cases running: find, look into, mend, steer. Law: what is done here is a verb of the engine.

A page previews with GET and acts with POST; every act leaves an entry in the audit that says before and after.
"""
