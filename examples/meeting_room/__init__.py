"""A meeting room: who attends, where, and how many hearing aids to prepare."""
