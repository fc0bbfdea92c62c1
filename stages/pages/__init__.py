"""What pages for people share, whichever stage makes them."""
