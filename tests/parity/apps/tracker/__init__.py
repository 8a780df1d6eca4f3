"""An issue tracker: projects, sprints, issues with comments and work logs; a base board that two boards share."""
