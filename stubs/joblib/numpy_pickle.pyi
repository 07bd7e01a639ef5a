from typing import Any

import numpy as np

class NumpyArrayWrapper:
    dtype: np.dtype[Any]
    def read(self, unpickler: object, ensure_native_byte_order: bool) -> Any: ...
