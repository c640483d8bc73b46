"""Stock that is allotted to channels (docs/model.md, section 5, "Allotments")."""

from __future__ import annotations

from itertools import count

from tests.reference.channels import Channel
from tests.reference.clock import Process
from tests.reference.shop import Shop

ALLOT_KIND = 15 << 40


def allot(shop: Shop, channels: list[Channel]) -> None:
    """Give channels with a share their quotas, again and again."""
    allotment, names = shop.systems.buffers.allotment, shop.world.estate.channels
    sharing = [
        (channel, round(allotment.shares[name] * 1e6))
        for channel, name in zip(channels, names, strict=True)
        if name in allotment.shares
    ]
    if sharing:
        shop.env.process(_allotments(shop, sharing, allotment.interval))


def _allotments(shop: Shop, sharing: list[tuple[Channel, int]], interval: int) -> Process:
    for k in count():
        yield shop.batch_time(k * interval, ALLOT_KIND)
        for channel, share in sharing:
            channel.quota = {sku.number: max(0, sku.offered()) * share // 1_000_000 for sku in shop.skus}
