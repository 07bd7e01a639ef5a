from typing import Any

from .h5p import PropCopyID

COPY_WITHOUT_ATTR_FLAG: int

class ObjInfo:
    @property
    def addr(self) -> int: ...

def copy(src_loc: Any, src_name: bytes, dst_loc: Any, dst_name: bytes, copypl: PropCopyID | None = None) -> None: ...
def get_info(loc: Any, name: bytes | None = None) -> ObjInfo: ...
