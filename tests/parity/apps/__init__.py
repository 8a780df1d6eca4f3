"""Small apps, written as teams write them: with the examples, what both engines and Flink have to agree on."""

EXAMPLES = ("examples.meeting_room", "examples.shop", "examples.chat", "examples.city")
CORPUS = (
    "tests.parity.apps.library",
    "tests.parity.apps.sales",
    "tests.parity.apps.team",
    "tests.parity.apps.forum",
    "tests.parity.apps.sensors",
)
