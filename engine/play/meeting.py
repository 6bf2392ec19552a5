"""Who a message is meant for. Law: keys decide, never the order."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from engine.process.waits import MessageWait

if TYPE_CHECKING:
    from engine.play.machine import Instance


def only(keys: Mapping[str, Any]) -> str | None:
    """A message's single key is the business key of the instance that it starts."""
    return str(next(iter(keys.values()))) if len(keys) == 1 else None


def matching(instance: Instance, wait: MessageWait, keys: Mapping[str, Any], business_key: str | None) -> bool:
    """Whether a message is meant for a wait.

    Keys that the wait asks for must be equal; others must equal the instance's variable of that name or, where it has
    none, its business key. A single key without a name of its own (`correlationKey`) meets any of the message's. A
    message without keys may carry a business key, which then decides.
    """
    if not keys:
        told = business_key is None or instance.business_key is None or instance.business_key == business_key
        return told and (business_key is None or not wait.correlation or business_key in wait.correlation.values())
    if set(wait.correlation) == {"correlationKey"}:
        return str(wait.correlation["correlationKey"]) in {str(value) for value in keys.values()}
    variables = instance.state.variables()
    for name, value in keys.items():
        if name in wait.correlation:
            if wait.correlation[name] != value:
                return False
        elif name in variables:
            if variables[name] != value:
                return False
        elif instance.business_key is None or str(value) != instance.business_key:
            return False
    return all(name in keys for name in wait.correlation)
