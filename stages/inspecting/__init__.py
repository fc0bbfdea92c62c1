"""What is wrong with the images: what the stage `inspect` alone needs."""
