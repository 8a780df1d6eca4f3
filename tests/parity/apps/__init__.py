"""Small apps, written as teams write them: with the examples, what both engines and Flink have to agree on."""

EXAMPLES = ("examples.meeting_room", "examples.shop", "examples.chat", "examples.city")
CORPUS = tuple(
    f"tests.parity.apps.{name}"
    for name in (
        "library", "sales", "team", "forum", "sensors", "hospital", "shipping", "hotel", "tracker", "school", "bank",
        "restaurant", "leave", "crm", "playlists", "farm",
    )
)  # fmt: skip

# Apps that are not the same on both sides yet, and why; each is expected to fail.
ENUMS = "what Python computes in a cluster reads the member of an enum as its value"
NOTYET = {
    "tests.parity.apps.hospital": ENUMS,
    "tests.parity.apps.hotel": ENUMS,
    "tests.parity.apps.tracker": ENUMS,
    "tests.parity.apps.bank": ENUMS,
    "tests.parity.apps.shipping": "an attribute of an `Enum` has no column type",
    "tests.parity.apps.crm": "an attribute of an `Enum` has no column type",
}
UNNESTED = ("tests.parity.apps.club",)  # collections inside and over other collections
