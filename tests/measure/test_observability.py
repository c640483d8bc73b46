"""What alerts told of faults, on hand-made journals."""

from pathlib import Path

from tests.measure.make import END, START, alert, incident, journal, scenario
from twin.core.clock import HOUR, MINUTE
from twin.journal.observability import By
from twin.measure.kpis import measure

OUTAGE = ("outage", "broker", START + HOUR, START + 2 * HOUR)
LATER = ("slow", "erp", START + 3 * HOUR, START + 4 * HOUR)
OUTSIDE = ("outage", "erp", END + HOUR, END + 2 * HOUR)


def test_a_fault_is_told_of_by_the_first_alert_that_began_while_it_lasted(tmp_path: Path) -> None:
    alerts = [
        alert(start=OUTAGE[2] - 1, raised=OUTAGE[2] + MINUTE),  # began before
        alert(start=OUTAGE[2], raised=OUTAGE[2] + 9 * MINUTE),
        alert(start=OUTAGE[2] + MINUTE, raised=OUTAGE[2] + 6 * MINUTE),
        alert(start=OUTAGE[3], raised=OUTAGE[3]),  # began when it was over
    ]
    kpis = measure(journal(tmp_path, alerts=alerts, faults=[OUTAGE, LATER, OUTSIDE]), scenario(), "files")
    assert (kpis["fault_alerted_share"], kpis["fault_alert_mean_s"]) == (1 / 2, 6 * 60)
    assert (kpis["alerts_raised"], kpis["false_alerts"]) == (4, 2)


def test_an_alert_is_right_until_what_it_tells_of_is_repaired(tmp_path: Path) -> None:
    poison = ("poison", "movements", START, START + MINUTE)
    row = incident(noticed=START + HOUR, by=By.PEOPLE, repaired=START + 2 * HOUR, repairable=1)
    alerts = [alert(start=t, raised=t) for t in (START + 2 * HOUR - 1, START + 2 * HOUR)]
    kpis = measure(journal(tmp_path, alerts=alerts, incidents=[row], faults=[poison]), scenario(), "files")
    assert (kpis["alerts_raised"], kpis["false_alerts"]) == (2, 1)
    assert kpis["fault_alerted_share"] == 0
    assert kpis["fault_alert_mean_s"] is None
