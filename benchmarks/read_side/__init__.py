"""The emitted meeting-room job against others that keep the same tables."""
