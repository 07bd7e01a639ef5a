# Only asked whether it is there: pandas reads tables with it.
