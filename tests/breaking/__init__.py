"""Files changed in processes that are cut, broken or killed, and what is left of them."""
