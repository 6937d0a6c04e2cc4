"""The command `parspread`: what a user does around a build, from the terminal."""
