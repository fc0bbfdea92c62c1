"""Fine-tuning on photographs in folders: whole processes, each of another package's own way."""
