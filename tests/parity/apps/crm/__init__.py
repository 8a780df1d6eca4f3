"""Customer relations: companies, contacts, deals in a pipeline, activities; forecasts and follow-ups."""
