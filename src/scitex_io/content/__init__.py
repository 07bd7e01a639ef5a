"""What formats of one family share: arrays, tables, trees, stores, pictures. Knows no single format."""
