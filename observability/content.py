"""The content of each dashboard."""

from observability.charts import Chart, Dashboard, durations, number, rate, rates, replicas, values

DEPTH = "rabbitmq_detailed_queue_messages"
INGRESS = f'max by (queue) ({DEPTH}{{queue=~"router[.](posts|ingress)[.].+"}})'
STREAMS = "room[.].+|registry[.]journal|registry[.]snapshots|sessions[.]ended|workers[.]health"
IN_TABLE = "tertulia_ready * on (instance) group_left (replica, version) tertulia_build_info"

NOW = (
    number("Alerts", 'sum(ALERTS{alertstate="firing"}) or vector(0)', red=1),
    number(
        "Alarms of RabbitMQ",
        "sum(rabbitmq_alarms_free_disk_space_watermark) + sum(rabbitmq_alarms_memory_used_watermark)",
        red=1,
    ),
    number("Replicas that are not ready", "count(tertulia_ready == 0) or vector(0)", red=1),
    number("Dead letters", f'max({DEPTH}{{queue="dead-letters"}})', red=1),
    number("Sessions connected", "max(tertulia_registry_sessions_connected)"),
    number("Names held", "max(tertulia_registry_names)"),
)
POSTS = Chart(
    "Posts",
    "ops",
    (
        ("received by routers", rate("tertulia_router_posts_received_total")),
        ("published to rooms", rate("tertulia_router_posts_published_total")),
        ("recorded by the archive", rate("tertulia_archive_posts_recorded_total")),
    ),
)
POST_TO_ROOM = durations("From the router to the room", "tertulia_router_post_to_room_seconds")
OVERVIEW = (
    ("Now", NOW),
    (
        "Messages",
        (
            POSTS,
            POST_TO_ROOM,
            Chart("Messages that wait for a router", "short", (("messages", f"sum({INGRESS})"),)),
            Chart("The archive is behind", "s", (("oldest message", "max(tertulia_archive_behind_seconds)"),)),
            rates("Refusals", "tertulia_refusals_total", "reason"),
            rates("Answers dropped", "tertulia_answers_dropped_total", "service"),
            rates("Dead letters, by service", "tertulia_dead_letters_total", "service"),
        ),
    ),
    (
        "Alerts and replicas",
        (
            Chart("Alerts", "short", (("", 'ALERTS{alertstate="firing"}'),), "table"),
            Chart("Replicas", "short", (("", IN_TABLE),), "table", about="value 1: ready"),
        ),
    ),
)

NAMES = (
    rates("Commands", "tertulia_registry_commands_total", "command"),
    rates("Claims", "tertulia_registry_claims_total", "outcome"),
    durations("From a command to its entry in the journal", "tertulia_registry_journal_seconds"),
    values("Names held", "short", "tertulia_registry_names", about="equal on all replicas"),
    values("Sessions connected", "short", "tertulia_registry_sessions_connected"),
)

ROUTING = (
    rates("Posts received", "tertulia_router_posts_received_total"),
    rates("Posts published", "tertulia_router_posts_published_total"),
    rates("Posts received again", "tertulia_router_posts_repeated_total"),
    rates("Batches", "tertulia_router_batches_total"),
    POST_TO_ROOM,
    values("Messages that wait, by partition", "short", INGRESS, "queue"),
)

RECORD = (
    values("Writes", "short", "tertulia_archive_writing", about="1: this replica writes"),
    values("Stalled", "short", "tertulia_archive_stalled", about="1: it cannot write"),
    rates("Posts recorded", "tertulia_archive_posts_recorded_total"),
    values("Behind, in time", "s", "tertulia_archive_behind_seconds"),
    values("Behind, in posts", "short", "tertulia_archive_behind_posts"),
    durations("Write of log.txt", "tertulia_archive_log_write_seconds"),
    durations("Sync of log.txt", "tertulia_archive_log_sync_seconds"),
    durations("Commit of the index", "tertulia_archive_index_seconds"),
)
QUESTIONS = (
    rates("Questions", "tertulia_archive_question_seconds_count", "kind"),
    durations("Time of a question", "tertulia_archive_question_seconds", by="kind"),
    values("Size of log.txt", "bytes", "tertulia_archive_log_bytes"),
    values("Free space on its disk", "bytes", "tertulia_archive_free_bytes"),
)

RESOURCES = (
    Chart(
        "Alarms",
        "short",
        (
            ("disk, {{instance}}", "rabbitmq_alarms_free_disk_space_watermark"),
            ("memory, {{instance}}", "rabbitmq_alarms_memory_used_watermark"),
            ("blocks {{service}}, {{instance}}", "tertulia_broker_blocked"),
        ),
    ),
    Chart(
        "Memory",
        "bytes",
        (
            ("{{instance}}", "rabbitmq_process_resident_memory_bytes"),
            ("alarm of {{instance}}", "rabbitmq_resident_memory_limit_bytes"),
        ),
    ),
    Chart(
        "Free disk space",
        "bytes",
        (
            ("{{instance}}", "rabbitmq_disk_space_available_bytes"),
            ("alarm of {{instance}}", "rabbitmq_disk_space_available_limit_bytes"),
        ),
    ),
    values("Connections", "short", "rabbitmq_connections"),
)
TRAFFIC = (
    rates("Published", "rabbitmq_global_messages_received_total", "protocol"),
    rates("Delivered", "rabbitmq_global_messages_delivered_total", "queue_type"),
    rates("Redelivered", "rabbitmq_global_messages_redelivered_total", "queue_type"),
    rates("Returned: no queue takes them", "rabbitmq_global_messages_unroutable_returned_total", "protocol"),
)
QUEUES = (
    values("Messages in queues", "short", f'max by (queue) ({DEPTH}{{queue!~"{STREAMS}"}})', "queue"),
    values("Entries of streams", "short", f'max by (queue) ({DEPTH}{{queue=~"{STREAMS}"}})', "queue"),
    values("Consumers", "short", "max by (queue) (rabbitmq_detailed_queue_consumers)", "queue"),
)

DASHBOARDS = (
    Dashboard("overview", "Tertulia: overview", OVERVIEW),
    Dashboard("registry", "Tertulia: registry", (("Names", NAMES), ("Replicas", replicas("registry")))),
    Dashboard("router", "Tertulia: router", (("Posts", ROUTING), ("Replicas", replicas("router")))),
    Dashboard(
        "archive",
        "Tertulia: archive",
        (("Record", RECORD), ("Questions and disk", QUESTIONS), ("Replicas", replicas("archive"))),
    ),
    Dashboard(
        "broker",
        "Tertulia: RabbitMQ",
        (("Alarms and resources", RESOURCES), ("Traffic", TRAFFIC), ("Queues and streams", QUEUES)),
    ),
)
