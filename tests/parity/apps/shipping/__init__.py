"""Logistics: shipments with legs and parcels, depots, carriers, events of tracking."""
