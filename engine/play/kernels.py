"""The kernels that a play can run on."""

from __future__ import annotations

from collections.abc import Iterable

from engine.errors import Fault, InvalidInput
from engine.process import native
from engine.process.model import Definition
from engine.process.stepping import Kernel


def kernel_named(name: str) -> Kernel:
    """The `step` of a kernel: native or spiff. Raises InvalidInput for any other."""
    if name == "native":
        return native.step
    if name == "spiff":
        from engine.process import spiff

        return spiff.step
    raise InvalidInput(place="kernel", reason=f"there is no kernel {name}", reason_zh=f"没有内核 {name}")


def refused_by(name: str, definitions: Iterable[Definition]) -> list[Fault]:
    """Why a kernel refuses some of the definitions; the native one runs all that were read."""
    if name != "spiff":
        return []
    from engine.process import spiff

    return [fault for definition in definitions for fault in spiff.supported(definition)]
