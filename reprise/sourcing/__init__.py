"""Where pictures come from beside files and folders: addresses, archives, Parquet and tables."""
