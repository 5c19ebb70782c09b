"""What the benches share: a load generator, paired statistics, models to measure on."""
