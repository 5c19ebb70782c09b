"""The text the seed model grows on: generators written by us, seeded, with held-out splits."""
