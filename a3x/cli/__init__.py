"""The command line: parse, call, print. Talks to the daemon over HTTP; reads the stores itself only when none runs."""
