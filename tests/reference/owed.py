"""Arms that pay back in ways of their own, and the world in which whoever pays fails."""

from __future__ import annotations

from typing import Any

from tests.reference.worlds import Tree

FILED: Tree = {
    "returns": {
        "mode": "inspected",
        "restock": "best",
        "inspection": {"dc_opens": "0h", "dc_closes": "24h"},
        "to_dc": "5h",
        "refunds": {
            "unified": False,
            "keys": False,
            "at": "receipt",
            "across": "file",
            "interval": "3h",
            "phase": "0s",
            "payment": {
                "servers": 2,
                "service": "20s",
                "timeout": "1m",
                "retry": {"attempts": 3, "wait": "30s", "factor": 2.0, "cap": "5m", "jitter": "full"},
                "human": {"handling": "10m"},
            },
        },
    }
}
KEYED: Tree = {"returns": {"refunds": {"keys": True}}}
SENT_ON: Tree = {"returns": {"refunds": {"across": "dc", "at": "restock"}}}
TOLD: Tree = {"returns": {"refunds": {"unified": True, "keys": True, "at": "inspection"}}}


def _every(hours: int, kind: str, duration: str, **more: Any) -> Tree:
    return {"kind": kind, "at": "2h", "every": f"{hours}h", "duration": duration, **more}


PROVIDER_FAILS: Tree = {
    "faults": [
        _every(5, "outage", "40m", system="payment"),
        _every(4, "errors", "1h", system="payment", share=0.6),
        _every(3, "slow", "1h", system="payment", factor=6.0),
        _every(9, "outage", "2h", system="erp"),
        _every(7, "outage", "1h", system="files"),
        _every(6, "outage", "30m", system="broker"),
    ]
}
WAITS_FOR_MONEY: Tree = {
    "observability": {
        "interval": "11m",
        "hold": "0s",
        "alerts": [{"signal": "refund_time", "longest": "1h"}, {"signal": "refund_time", "longest": "5h"}],
    }
}
