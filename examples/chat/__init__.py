"""Chat rooms: members, unread counts, the last message."""
