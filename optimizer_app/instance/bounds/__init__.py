"""What one address may hold of a web worker: heads, connections, requests."""
