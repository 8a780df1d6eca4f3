"""How texts are cleaned before they are shown."""

from __future__ import annotations


def clean(text: str | None, fallback: str = "") -> str:
    """Return a text without spaces around it and in it doubled, or the fallback."""
    if text is None:
        return fallback
    cleaned = " ".join(part for part in text.split(" ") if part)
    return cleaned or fallback


def domain_of(website: str | None) -> str | None:
    """Return the host of an address."""
    if not website:
        return None
    for prefix in ("https://", "http://"):
        if website.startswith(prefix):
            website = website[len(prefix) :]
    host = website.split("/")[0].lower()
    return host.removeprefix("www.") or None


def plural(count: int, word: str) -> str:
    """Return a number with its word."""
    return f"{count} {word}" if count == 1 else f"{count} {word}s"
