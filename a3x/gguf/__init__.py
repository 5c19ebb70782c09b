"""GGUF files: tensor names, LoRA writing, checks of foreign files. numpy and the gguf package only."""
