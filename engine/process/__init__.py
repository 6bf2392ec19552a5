"""The process core. Law: pure. Values in, values out: no clock, no SQL, no network, no thread, no global state.

What needs the world leaves as a wait (`waits`), and comes back as a trigger (`triggers`); `contract` says how.
"""
