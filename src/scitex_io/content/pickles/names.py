"""The names that data in a pickle are made of.

A name is here only if nothing it can be given makes it reach another name, a file or the network (`rules` holds the
arguments to that), and if what it makes does not either. Functions of libraries that load, evaluate, apply or import
have no place here, whatever they are usually given.
"""

from __future__ import annotations

import _compat_pickle
import importlib
from functools import cache
from typing import Any

from scitex_io.content.pickles import rules
from scitex_io.content.pickles.rules import Rule

PLAIN = (type(None), bool, int, float, complex, str, bytes, tuple, list, dict)
VALUE = Rule()  # a class or constant among the data
NEW = Rule(new=True)
CALL = Rule(rules.anything)
FILLED = Rule(new=True, filled=True)
BOTH = Rule(rules.anything, new=True)
MADE = Rule(rules.of(*PLAIN))
TEXT = Rule(rules.of(str))
ITEMS = Rule(rules.of(list, tuple))
NUMBERS = Rule(rules.of(int, float, type(None)))
CAREFUL = Rule(new=True, careful=True)

_ERRORS = (
    "ArithmeticError AssertionError AttributeError EOFError Exception FileExistsError FileNotFoundError IndexError"
    " KeyError LookupError NotImplementedError OSError OverflowError PermissionError RecursionError RuntimeError"
    " TimeoutError TypeError ValueError ZeroDivisionError"
)
_SCALARS = (
    "bool bool_ int8 int16 int32 int64 intc intp long longlong uint8 uint16 uint32 uint64 uintc uintp ulong ulonglong"
    " float16 float32 float64 float96 float128 longdouble complex64 complex128 complex192 complex256 clongdouble"
    " str_ bytes_ object_ void datetime64 timedelta64 record"
)
_OFFSETS = (
    "BusinessDay BusinessHour BusinessMonthBegin BusinessMonthEnd BQuarterBegin BQuarterEnd BYearBegin BYearEnd"
    " CustomBusinessDay CustomBusinessHour CustomBusinessMonthBegin CustomBusinessMonthEnd Day Easter FY5253"
    " FY5253Quarter Hour LastWeekOfMonth Micro Milli Minute MonthBegin MonthEnd Nano QuarterBegin QuarterEnd Second"
    " SemiMonthBegin SemiMonthEnd Week WeekOfMonth YearBegin YearEnd"
)
_INDEXES = "RangeIndex MultiIndex DatetimeIndex TimedeltaIndex PeriodIndex CategoricalIndex IntervalIndex Index"
_NULLABLE = (
    "BooleanDtype Int8Dtype Int16Dtype Int32Dtype Int64Dtype UInt8Dtype UInt16Dtype UInt32Dtype UInt64Dtype"
    " Float32Dtype Float64Dtype"
)
_DTYPES = "ArrowDtype CategoricalDtype DatetimeTZDtype IntervalDtype SparseDtype"
_ARRAYS = (
    "ArrowExtensionArray ArrowStringArray BooleanArray DatetimeArray FloatingArray IntegerArray IntervalArray"
    " NumpyExtensionArray PeriodArray SparseArray StringArray TimedeltaArray"
)
_POLYNOMIALS = "chebyshev.Chebyshev hermite.Hermite hermite_e.HermiteE laguerre.Laguerre legendre.Legendre"

# Module -> names, separated by blanks -> what may be done with them.
_ADMITTED: dict[str, list[tuple[str, Rule]]] = {
    "builtins": [
        ("int float bool str tuple list dict NotImplemented Ellipsis None", VALUE),
        ("object", NEW),
        ("bytes", Rule(rules.of())),
        ("set frozenset", ITEMS),
        ("complex range slice", NUMBERS),
        ("bytearray", Rule(rules.memory)),
        ("type", Rule(rules.kind_of)),
        ("getattr", Rule(rules.attribute)),
        (_ERRORS, MADE),
    ],
    "_codecs": [("encode", Rule(rules.encode))],
    "copyreg": [("_reconstructor", Rule(rules.rebuilt))],
    "array": [("array", MADE), ("_array_reconstructor", Rule(rules.of(type, *PLAIN)))],
    "collections": [
        ("OrderedDict", Rule(rules.of(list, tuple), new=True)),
        ("deque", Rule(rules.of(list, tuple, int), new=True)),
        ("Counter", Rule(rules.of(dict))),
        ("defaultdict", Rule(rules.defaults)),
        ("ChainMap UserDict UserList", NEW),
    ],
    "datetime": [("date time datetime timedelta timezone", Rule(rules.anything, plain=True))],
    "decimal": [
        ("Decimal", Rule(rules.of(str), plain=True)),
        ("Context", MADE),
        ("Clamped DivisionByZero FloatOperation Inexact InvalidOperation Overflow Rounded Subnormal Underflow", VALUE),
    ],
    "fractions": [("Fraction", Rule(rules.fraction))],
    "ipaddress": [
        ("IPv4Address IPv6Address IPv4Network IPv6Network IPv4Interface IPv6Interface", Rule(rules.of(str, int)))
    ],
    "pathlib": [("Path PosixPath WindowsPath PurePath PurePosixPath PureWindowsPath", TEXT)],
    "time": [("struct_time", MADE)],
    "types": [("SimpleNamespace", Rule(rules.of(), new=True))],
    "uuid": [("UUID", NEW), ("SafeUUID", Rule(rules.of(int, type(None))))],
    "zoneinfo": [("ZoneInfo", VALUE)],
    "dateutil.relativedelta": [("relativedelta", NEW)],
    "dateutil.tz.tz": [("tzutc tzlocal", Rule(rules.of(), new=True))],
    "pytz": [("_UTC", Rule(rules.of())), ("_p", Rule(rules.of(str, int)))],
    "numpy": [
        ("dtype", Rule(rules.dtype)),
        ("ndarray", Rule(rules.array)),
        ("matrix recarray memmap", VALUE),
        (_SCALARS, VALUE),
        ("poly1d", FILLED),
    ],
    "numpy.rec": [("recarray record", VALUE)],
    "numpy._core.records": [("recarray record", VALUE)],
    "numpy.char": [("chararray", VALUE)],
    "numpy.matrixlib.defmatrix": [("matrix", VALUE)],
    "numpy._core.multiarray": [("_reconstruct", Rule(rules.reconstructed)), ("scalar", Rule(rules.scalar))],
    "numpy._core.numeric": [("_frombuffer", Rule(rules.viewed))],
    "numpy._core.memmap": [("memmap", VALUE)],
    "numpy._core._internal": [("_convert_to_stringdtype_kwargs", Rule(rules.anything, careful=True))],
    "numpy.ma": [("MaskedArray", VALUE)],
    "numpy.ma.core": [
        ("MaskedArray", VALUE),
        ("MaskedConstant", Rule(rules.of())),
        ("_mareconstruct", Rule(rules.masked)),
    ],
    "numpy.polynomial.polynomial": [("Polynomial", FILLED)],
    **{f"numpy.polynomial.{part.split('.')[0]}": [(part.split(".")[1], FILLED)] for part in _POLYNOMIALS.split()},
    "numpy.random._mt19937": [("MT19937", CAREFUL)],
    "numpy.random._pcg64": [("PCG64 PCG64DXSM", CAREFUL)],
    "numpy.random._philox": [("Philox", CAREFUL)],
    "numpy.random._sfc64": [("SFC64", CAREFUL)],
    "numpy.random.bit_generator": [
        ("SeedSequence", CAREFUL),
        ("__pyx_unpickle_SeedSequence", Rule(rules.cython("SeedSequence"), careful=True)),
    ],
    "numpy.random._pickle": [
        ("__bit_generator_ctor", Rule(rules.bits, careful=True)),
        ("__generator_ctor __randomstate_ctor", Rule(rules.generator, careful=True)),
    ],
    "scipy.sparse._dok": [("dok_matrix dok_array", FILLED)],
    **{
        f"scipy.sparse._{kind}": [(f"{kind}_matrix {kind}_array", FILLED)]
        for kind in ("bsr", "coo", "csc", "csr", "dia", "lil")
    },
    "pandas": [
        ("DataFrame Series", FILLED),
        (f"{_INDEXES} Categorical NA", VALUE),
        (f"{_NULLABLE} {_DTYPES}", FILLED),
        ("Interval Period PeriodDtype StringDtype", CALL),
        ("DateOffset", BOTH),
    ],
    "pandas.arrays": [(_ARRAYS, FILLED)],
    "pandas.core.frame": [("DataFrame", FILLED)],
    "pandas.core.series": [("Series", FILLED)],
    "pandas.core.arrays.categorical": [("Categorical", VALUE)],
    "pandas.core.arrays.string_": [("StringArray", FILLED), ("StringDtype", BOTH)],
    "pandas.core.arrays.string_arrow": [("ArrowStringArray", FILLED)],
    "pandas.core.arrays.arrow.array": [("ArrowExtensionArray", FILLED)],
    "pandas.core.arrays.boolean": [("BooleanArray BooleanDtype", FILLED)],
    "pandas.core.arrays.datetimes": [("DatetimeArray", FILLED)],
    "pandas.core.arrays.floating": [("FloatingArray Float32Dtype Float64Dtype", FILLED)],
    "pandas.core.arrays.integer": [(f"IntegerArray {' '.join(_NULLABLE.split()[1:9])}", FILLED)],
    "pandas.core.arrays.interval": [("IntervalArray", FILLED)],
    "pandas.core.arrays.numpy_": [("NumpyExtensionArray", FILLED)],
    "pandas.core.arrays.period": [("PeriodArray", FILLED)],
    "pandas.core.arrays.sparse.array": [("SparseArray", FILLED)],
    "pandas.core.arrays.timedeltas": [("TimedeltaArray", FILLED)],
    "pandas.core.dtypes.dtypes": [(_DTYPES, FILLED), ("PeriodDtype", CALL)],
    "pandas.core.indexes.base": [("Index", VALUE), ("_new_Index", Rule(rules.index))],
    "pandas.core.indexes.category": [("CategoricalIndex", VALUE)],
    "pandas.core.indexes.datetimes": [("DatetimeIndex", VALUE), ("_new_DatetimeIndex", Rule(rules.index))],
    "pandas.core.indexes.interval": [("IntervalIndex", VALUE), ("_new_IntervalIndex", Rule(rules.index))],
    "pandas.core.indexes.multi": [("MultiIndex", VALUE)],
    "pandas.core.indexes.period": [("PeriodIndex", VALUE), ("_new_PeriodIndex", Rule(rules.index))],
    "pandas.core.indexes.range": [("RangeIndex", VALUE)],
    "pandas.core.indexes.timedeltas": [("TimedeltaIndex", VALUE), ("_new_TimedeltaIndex", Rule(rules.index))],
    "pandas.core.indexes.frozen": [("FrozenList", Rule(rules.of(list)))],
    "pandas.core.internals.managers": [
        ("BlockManager SingleBlockManager", Rule(rules.anything, new=True, filled=True))
    ],
    "pandas._libs.internals": [("_unpickle_block", CALL), ("BlockPlacement", CALL)],
    "pandas._libs.arrays": [("__pyx_unpickle_NDArrayBacked", Rule(rules.backed))],
    "pandas._libs.interval": [
        ("__pyx_unpickle_IntervalMixin", Rule(rules.cython("IntervalMixin"))),
        ("Interval", CALL),
    ],
    "pandas._libs.missing": [("NA", VALUE)],
    "pandas._libs.sparse": [("IntIndex BlockIndex", Rule(rules.anything, careful=True))],
    "pandas._libs.tslibs.nattype": [("_nat_unpickle", CALL)],
    "pandas._libs.tslibs.offsets": [(_OFFSETS, BOTH), ("DateOffset", BOTH)],
    "pandas._libs.tslibs.period": [("Period", CALL)],
    "pandas._libs.tslibs.timedeltas": [("_timedelta_unpickle", CALL)],
    "pandas._libs.tslibs.timestamps": [("_unpickle_timestamp", CALL)],
    "pyarrow.lib": [
        ("_restore_array", Rule(rules.arrow_array)),
        ("py_buffer", Rule(rules.of(bytes, bytearray))),
        ("type_for_alias", TEXT),
        ("timestamp time32 time64 duration list_ large_list struct dictionary decimal128 decimal256 map_", CALL),
        ("binary string field schema chunked_array _reconstruct_table _reconstruct_record_batch", CALL),
    ],
    "joblib.numpy_pickle": [("NumpyArrayWrapper", CAREFUL)],
    "scitex_io.dotdict": [("_restored", Rule(rules.dotted)), ("DotDict", NEW)],
}


@cache
def _table() -> dict[tuple[str, str], Rule]:
    return {
        (module, name): rule for module, groups in _ADMITTED.items() for names, rule in groups for name in names.split()
    }


def known(module: str, name: str) -> tuple[str, str] | None:
    """The name as it is called today, if it is one of data."""
    if module.startswith("numpy.core."):  # before version 2
        module = f"numpy._core.{module.removeprefix('numpy.core.')}"
    key = (module, name)
    if key not in _table():  # as Python 2 called it
        key = _compat_pickle.NAME_MAPPING.get(key) or (_compat_pickle.IMPORT_MAPPING.get(module, module), name)
    return key if key in _table() else None


@cache
def admitted(module: str, name: str) -> tuple[Any, Rule] | None:
    """The thing itself and what may be done with it; None if it is not one of data."""
    key = known(module, name)
    if key is None:
        return None
    return getattr(importlib.import_module(key[0]), key[1]), _table()[key]
