"""A hospital: wards, beds, patients, vital signs; a triage score in a module of its own."""
