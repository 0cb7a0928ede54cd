"""The terminal UI: app → screens → session. It draws; searching and building happen behind the session."""
