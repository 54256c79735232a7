"""The policy as versioned data: its document, its topic, and how a running worker follows it."""
