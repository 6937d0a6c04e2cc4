"""What a build is asked for, checked before it starts."""
