"""HTTP and WebSockets, nothing else: one router a noun, rules and SQL live below."""
