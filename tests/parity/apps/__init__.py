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

# What Flink has been shown to plan within a test's time; the rest of the corpus was not tried lately, or takes longer.
PLANNED = tuple(f"tests.parity.apps.{name}" for name in ("library", "sales", "team", "forum", "sensors", "depot"))

# notyet: whole numbers past 64 bits and Decimals past 38 digits are None in SQL where Python has a value
OVERFLOWING = ("tests.parity.apps.shipping", "tests.parity.apps.hotel", "tests.parity.apps.restaurant")
