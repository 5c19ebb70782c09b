"""The trainer: ``python -m a3x.train RUN_DIR``. Besides the ladder, all that imports training libraries."""
