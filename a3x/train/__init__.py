"""The trainer: ``python -m a3x.train RUN_DIR``. The only package that imports torch, transformers, peft, bitsandbytes."""
