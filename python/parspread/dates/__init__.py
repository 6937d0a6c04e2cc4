"""Market dates: calendars, day counts and the schedule of the standard CDS."""
