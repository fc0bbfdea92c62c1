"""Style, script and template environment of all HTML pages."""
