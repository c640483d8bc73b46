"""Workflows of the systems among themselves: how beliefs follow the truth, and who notices when they do not."""

from __future__ import annotations

from typing import Final

from twin.kernels import topics
from twin.kernels.lanes import handle_head
from twin.kernels.publication import settle
from twin.model import disruptions
from twin.model.alerts import checks
from twin.model.books import Books
from twin.model.desk import Desk
from twin.model.incidents import Incidents
from twin.model.jobs import feed_jobs, query_outages
from twin.model.listings import listing_jobs
from twin.model.reloads import reload_jobs
from twin.model.versions import contracts_of
from twin.model.workflows.workflow import CARRIERS, FAULTS_OF_MESSAGES, ONLINE, OWN, Workflow

TELLING: Final = (
    Workflow(
        title="Movements and reservations to the view",
        paragraph=(
            "What was sold, picked, received or set aside reaches the availability service: in a file every so "
            "often, or message by message through a topic or queue. A message may wait, come late, twice, or not at "
            "all."
        ),
        stories=(topics.deliver, handle_head, feed_jobs),
        systems=("link", *CARRIERS),
        milestones=("stock.moved", "reservation.changed"),
        faults=("outage", "crash", "stuck", "failover", *FAULTS_OF_MESSAGES),
        settings=("systems.movements", "systems.orders", "systems.outbox"),
        kpis=(
            "view_latency_p95_s",
            "sync_latency_p95_s",
            "backlog_peak_messages",
            "movements_missing_share",
            "lost_messages",
            "duplicate_messages",
            "messages_per_week",
            "view_gap_units",
        ),
    ),
    Workflow(
        title="Posting to the books",
        paragraph=(
            "The same movements are booked in the ERP, one consumer or one file behind the shelf. How far the ERP's "
            "record is from the view is what finance and commerce differ by."
        ),
        stories=(topics.deliver_post, handle_head, feed_jobs),
        systems=("erp", "link", *CARRIERS),
        milestones=("stock.moved",),
        faults=("outage", "crash", "stuck", "failover", *FAULTS_OF_MESSAGES),
        settings=("systems.posting", "systems.outbox"),
        kpis=("posting_lag_p95_s", "posting_backlog_peak_messages", "reconciliation_gap_units", "record_gap_units"),
    ),
    Workflow(
        title="Closing the books",
        paragraph=(
            "At every close operations, commerce and finance add up from their own ledgers. What differs and will not "
            "heal by itself is listed, and accountants clear it up, one case after another, as long as the finance "
            "system lets them."
        ),
        stories=(Books._closes, Books._close, Desk.look, Desk._recoveries),
        systems=("erp", "finance"),
        faults=("outage", *FAULTS_OF_MESSAGES),
        settings=("systems.books",),
        kpis=(
            "close_gap_usd",
            "close_commerce_gap_units",
            "close_orders_gap_usd",
            "close_refunds_gap_usd",
            "close_exceptions_per_week",
            "close_hours",
            "close_done_p95_s",
        ),
    ),
    Workflow(
        title="Availability to own channels",
        paragraph=(
            "An own channel asks the view each time, or sells from a copy that is refreshed every so often; while "
            "what it asks is down it keeps the last answer."
        ),
        stories=(settle, query_outages),
        outlets=OWN,
        systems=("service", *CARRIERS),
        milestones=("stock.position",),
        faults=("outage",),
        settings=("systems.publications.own",),
        kpis=("sync_latency_own_p95_s", "stock_accuracy", "oversell_rate.channel_cache"),
    ),
    Workflow(
        title="Listing and publication",
        paragraph=(
            "Stock is extracted for a channel by the clock, all of it or what has changed, and submitted in feeds "
            "that the channel accepts at its own rate. Each is live when the channel has worked through it."
        ),
        stories=(listing_jobs,),
        outlets=ONLINE,
        systems=("service", *CARRIERS),
        milestones=("stock.position",),
        faults=("outage",),
        settings=("systems.publications.marketplace", "systems.publications.own"),
        kpis=("sync_latency_p95_s.channel.<channel>", "oversell_rate.channel_cache", "stock_accuracy"),
    ),
    Workflow(
        title="Reload and reconciliation",
        paragraph=(
            "Every so often the view is set to, or compared with, a snapshot of the ERP's record or of the nodes' "
            "own counts. That makes good what messages did not tell, and takes back what they have told since, if "
            "it is done carelessly."
        ),
        stories=(reload_jobs,),
        systems=("erp", "link", *CARRIERS),
        faults=("outage",),
        settings=("systems.reload",),
        kpis=("reload_corrections", "reload_corrected_units", "superseded_messages", "reconciliation_gap_units"),
    ),
    Workflow(
        title="Alerts, people and repair",
        paragraph=(
            "Messages fail. An alert stands long enough to tell of it, or people notice by themselves; they repair "
            "it, and dead letters and what was skipped are handled once more."
        ),
        stories=(
            checks,
            Incidents._notice,
            Incidents._repaired,
            disruptions._redrive_after,
            disruptions._redriven,
            disruptions._replayed,
        ),
        systems=CARRIERS,
        faults=FAULTS_OF_MESSAGES,
        settings=("systems.observability", "systems.operations", "systems.movements.failing", "faults"),
        kpis=(
            "detect_mean_s",
            "repair_mean_s",
            "noticed_by_alert_share",
            "false_alerts",
            "dead_letter_messages",
            "redriven_messages",
            "fault_recover_s",
            "fault_drain_s",
        ),
    ),
    Workflow(
        title="Consumers lost, and systems that fail over",
        paragraph=(
            "A consumer dies or hangs and another takes over its partitions, which are handed out again from the "
            "last commit; a broker changes to a replica that lacks the newest messages; a store's outbox is sent "
            "when its link is back."
        ),
        stories=(disruptions._member_lost, disruptions._member_away, disruptions._failed_over, disruptions._sent_again),
        systems=("broker", "hub", "link"),
        faults=("outage", "crash", "stuck", "failover"),
        settings=("systems.movements.consumers", "systems.movements.topic", "systems.outbox"),
        kpis=(
            "handed_again_messages",
            "duplicate_messages",
            "lost_messages",
            "continuity",
            "fault_backlog_peak_messages",
        ),
    ),
    Workflow(
        title="New version of a called API",
        paragraph=(
            "A vendor releases a version that breaks those who call it. People rework each coupling, ahead of it or "
            "afterwards; until then its calls fail, and orders wait to be created."
        ),
        stories=(contracts_of,),
        outlets=ONLINE,
        systems=("service", "erp"),
        faults=(),
        settings=("releases", "systems.contracts"),
        kpis=("rework_hours", "broken_channel_hours", "false_oos_rate.gone"),
    ),
)
