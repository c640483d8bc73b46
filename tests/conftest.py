"""What all tests have in common."""

from __future__ import annotations

import pytest


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What has to stay on one worker comes first, so that the other workers have enough to do meanwhile."""
    items.sort(key=lambda item: item.get_closest_marker("xdist_group") is None)
