"""The commands as tools for assistants that speak the Model Context Protocol, within given folders."""
