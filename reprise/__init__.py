"""What a classifier is used with: from files of pictures to predictions, without the pipeline."""
