"""A datastore in Google's Firestore: `store` is the datastore, the others are what it is made of."""
