"""What a run leaves behind for the morning: its report, its log, and who is told of it."""
