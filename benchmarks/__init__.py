"""What measures this project against the usual way, side by side in one run."""
