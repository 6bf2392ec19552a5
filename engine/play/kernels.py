"""The kernels that a play can run on."""

from __future__ import annotations

from importlib import import_module

from engine.errors import InvalidInput
from engine.play.machine import Kernel
from engine.process import native


def kernel_named(name: str) -> Kernel:
    """The `step` of a kernel: native or spiff. Raises InvalidInput for any other."""
    if name == "native":
        return native.step
    if name == "spiff":
        try:
            kernel: Kernel = import_module("engine.process.spiff").step
        except ImportError as error:
            raise InvalidInput(
                place="kernel", reason=f"spiff is not installed: {error}", reason_zh=f"未安装 spiff 内核:{error}"
            ) from error
        return kernel
    raise InvalidInput(place="kernel", reason=f"there is no kernel {name}", reason_zh=f"没有内核 {name}")
