"""llama.cpp in process: one thread owns model, contexts and memory."""
