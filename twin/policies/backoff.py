"""How long a caller waits before it calls again; jitter as in the AWS simulator, ``spread`` as in resilience4j."""

from __future__ import annotations


def pause(jitter: str, *, wait: int, factor: float, cap: int, retry: int, previous: int, random_bits: int) -> int:
    """The pause before call number ``retry`` + 1, us; ``retry`` counts from 1.

    Args:
        jitter: how chance changes the pause: none, full, equal, decorrelated or spread.
        wait: pause before the first repetition, us; it grows by ``factor`` each time, up to ``cap``.
        previous: the last pause, ``wait`` before the first; only decorrelated asks for it.
        random_bits: 64 uniform bits of this entity and attempt.
    """
    if jitter == "decorrelated":
        return min(cap, wait + random_bits % max(1, 3 * previous - wait))
    whole = min(cap, round(wait * factor ** (retry - 1)))
    half = whole // 2
    if jitter == "full":
        return random_bits % (whole + 1)
    if jitter == "equal":
        return half + random_bits % (whole - half + 1)
    if jitter == "spread":
        return half + random_bits % (whole + 1)
    return whole
