"""What a change costs the in-process engine, and what a live view holds."""
