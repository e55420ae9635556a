"""What the API puts on the wire, as plain dicts and bytes. No pytest, no HTTP, no files, no SDK objects."""
