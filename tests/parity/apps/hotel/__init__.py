"""Hotels: rooms, guests and bookings; nights, prices, a calendar."""
