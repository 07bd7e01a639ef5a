FILTER_DEFLATE: int
FILTER_FLETCHER32: int
FLAG_OPTIONAL: int

def filter_avail(filter_code: int) -> bool: ...
