"""What is known of each host, and what a checkout on disk holds: no host's code runs here."""
