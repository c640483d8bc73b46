"""`make costs`: what each workflow takes of a full-size week with all of them at work: the seconds saved without it.
Everything runs in child processes, one at a time; the plain week is measured beside them.
"""

from __future__ import annotations

from typing import Final

from benchmarks.__main__ import FULL, RARELY, Sets, measured

EVERY: Final = "scenarios/every_workflow.yaml"
TIMES: Final = 2
"""Runs of each, of which the quickest counts: whatever else the machine does only adds."""

WITHOUT: Final[dict[str, Sets]] = {
    "sagas": ("systems.saga.mode=off",),
    "tax and customer check": ("systems.tax.on=false", "systems.customer_check.on=false"),
    "returns and refunds": ("systems.returns.mode=at_once",),
    "counts": (
        "systems.counting.calendar.a=0s",
        "systems.counting.calendar.b=0s",
        "systems.counting.calendar.c=0s",
        "systems.counting.zero_balance.on=false",
        "systems.counting.discrepancy.short_picks=false",
        "systems.counting.discrepancy.silence=0",
    ),
    "closing the books": ("systems.books.on=false",),
    "prices": ("estate.prices.changed=0", "demand.promotions=[]"),
    "traces and alerts": ("systems.observability.preset=none",),
    "transfers": ("systems.transfers.interval=0s",),
    "shortages": ("systems.sourcing.shortage.offer=cancel",),
    "declines that correct": ("systems.sourcing.declines=block_only", "systems.sourcing.cascade=false"),
    "same-day couriers": ("systems.same_day.on=false",),
    "associates": ("systems.clienteling.on=false",),
    "messages to customers": ("systems.notification.on=false",),
    "suppliers' portal": ("systems.supplier_portal.on=false",),
    "deadlines": (
        "demand.channels.market_a.confirm_within=0s",
        "demand.channels.market_a.ship_within=0s",
        "demand.channels.market_b.confirm_within=0s",
        "demand.channels.market_b.ship_within=0s",
    ),
    "carts": ("systems.reserving.point=order",),
}


def seconds(file: str, *sets: str) -> float:
    """Seconds of a full-size week."""
    return min(measured("twin", file, *RARELY, *sets)["seconds"] for _ in range(TIMES))


def main() -> None:
    """Measure the plain week, everything, and everything without each workflow."""
    print(f"{'plain week':26}{seconds(FULL):8.1f} s")
    everything = seconds(EVERY)
    print(f"{'every workflow':26}{everything:8.1f} s")
    for name, sets in WITHOUT.items():
        print(f"  {name:24}{everything - seconds(EVERY, *sets):8.1f} s", flush=True)


if __name__ == "__main__":
    main()
