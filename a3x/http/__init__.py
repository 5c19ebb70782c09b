"""HTTP edge: parse, call, print. Knows the services protocol, no store and no llama.cpp."""
