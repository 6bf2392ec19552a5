"""Applications of one process share what Jinja has compiled. Law: only what any long-lived process shares.

Every test of a page makes an application of its own, and Jinja keeps compiled templates per application.
"""

from flask.sansio.app import App
from jinja2.bccache import Bucket, BytecodeCache


class Kept(BytecodeCache):
    """Compiled templates in memory; Jinja itself asks whether the source is still the same."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if bucket.key in self.kept:
            bucket.bytecode_from_string(self.kept[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        self.kept[bucket.key] = bucket.bytecode_to_string()


def share() -> None:
    """From now on, in this process."""
    App.jinja_options["bytecode_cache"] = Kept()
