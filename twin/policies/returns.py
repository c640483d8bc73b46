"""Where goods that came back are sold again."""

from __future__ import annotations


def stays(policy: str, *, is_dc: bool, stocked: bool, position: int, reorder: int) -> bool:
    """Whether goods go on the shelf of the node that has them, else on that of its DC.

    Args:
        policy: where_it_is, dc or best.
        is_dc: the node is a DC: there is no better place.
        stocked: the node has a shelf for them.
        position: what the ERP believes to be there and on its way, units.
        reorder: at or below which the node orders more; -1: it is never replenished.
    """
    if is_dc:
        return True
    if not stocked or policy == "dc":
        return False
    return policy == "where_it_is" or position <= reorder


def counted(effects: list[tuple[int, int]], *, keys: bool, before: int) -> list[int]:
    """Whose payments of one return, or cancelled line, really moved money before an instant.

    ``effects`` are (instant, claim) in the order in which the calls were made. With keys the provider pays the first
    and recognises the others.
    """
    paid = [effect for effect in effects if effect[0] < before]
    if keys and paid:
        return [min(paid, key=lambda effect: effect[0])[1]]
    return [claim for _, claim in paid]
