"""The API of version 1: plain JSON over HTTP, its description, and the same calls as tools over MCP."""
