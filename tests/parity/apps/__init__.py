"""Small apps, written as teams write them: with the examples, what both engines and Flink have to agree on."""

EXAMPLES = ("examples.meeting_room", "examples.shop", "examples.chat", "examples.city")
CORPUS = tuple(
    f"tests.parity.apps.{name}"
    for name in (
        "library", "sales", "team", "forum", "sensors", "hospital", "shipping", "hotel", "tracker", "school", "bank",
        "restaurant", "leave", "crm", "playlists", "farm", "depot",
    )
)  # fmt: skip

UNNESTED = ("tests.parity.apps.club",)  # collections inside and over other collections

# Planned by Flink within a test's time. The other apps of the corpus wait for smaller SQL: today Flink plans some of
# their views for minutes, and the longest view of `shipping` alone is megabytes of text.
PLANNED = tuple(f"tests.parity.apps.{name}" for name in ("library", "sales", "team", "forum", "sensors", "depot"))

# notyet: whole numbers past 64 bits and Decimals past 38 digits are None in SQL where Python has a value
OVERFLOWING = ("tests.parity.apps.shipping", "tests.parity.apps.hotel")
