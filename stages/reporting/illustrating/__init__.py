"""Images worth a look, and where the network looked."""
