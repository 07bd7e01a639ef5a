"""Objects of other libraries, each compared as its own library sees it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from scitex_io.comparing.parts import Compare, Difference, Part, Rules
from scitex_io.typeref import TypeRef


def images(part: Part, rules: Rules) -> Iterator[Part | Difference]:
    """Frames, size, mode and pixels; images with a palette by their colours."""
    import numpy as np

    one, other = (frames_of(each) for each in (part.one, part.other))
    if len(one) != len(other):
        yield Difference(part.path, f"{len(one)} frames", f"{len(other)} frames")
        return
    for at, (a, b) in enumerate(zip(one, other, strict=True)):
        here = part.inside(f"frame {at}", a, b) if len(one) > 1 else Part(part.path, a, b)
        if a.size != b.size or (rules.strict and a.mode != b.mode):
            yield Difference(here.path, f"{a.mode} {a.size}", f"{b.mode} {b.size}")
        elif (a.mode != b.mode and not {a.mode, b.mode} <= DEEP) or a.mode == "P":
            yield Part(here.path, np.asarray(a.convert("RGBA")), np.asarray(b.convert("RGBA")))
        else:
            yield Part(here.path, np.asarray(a), np.asarray(b))


DEEP = {"I", "F", "I;16", "I;16B", "I;16L", "I;16N"}
"""Modes of one number to a pixel that a conversion to colours would cut."""


def frames_of(image: Any) -> list[Any]:
    """Each frame as an image of its own; the image stays where it stands."""
    count = getattr(image, "n_frames", 1)
    if count == 1:
        return [image]
    before, found = image.tell(), []
    for at in range(count):
        image.seek(at)
        found.append(image.copy())
    image.seek(before)
    return found


def tensors(part: Part, rules: Rules) -> Iterator[Part | Difference]:
    """Dtype, layout and gradient, then the elements."""
    one, other = part.one, part.other
    for fact in ("dtype", "layout", "requires_grad", "shape") if rules.strict else ():
        if getattr(one, fact) != getattr(other, fact):
            yield Difference(part.path, f"{fact} {getattr(one, fact)}", f"{fact} {getattr(other, fact)}")
            return
    yield Part(part.path, plain_tensor(one), plain_tensor(other))


def plain_tensor(tensor: Any) -> Any:
    """The elements as an array of NumPy; in single precision where NumPy has no such number."""
    import torch

    if tensor.is_quantized:
        tensor = tensor.dequantize()
    found = tensor.detach().cpu().to_dense().resolve_conj().resolve_neg()
    numpy_knows = found.dtype != torch.bfloat16 and not str(found.dtype).startswith("torch.float8")
    return (found if numpy_knows else found.float()).numpy()


def polars_frames(part: Part, _: Rules) -> Iterator[Part | Difference]:
    """The schema, then column by column."""
    one, other = part.one, part.other
    schemas = [dict(each.schema) for each in (one, other)]
    if schemas[0] != schemas[1] or list(schemas[0]) != list(schemas[1]):
        yield Part(part.path, *({name: str(kind) for name, kind in schema.items()} for schema in schemas))
    elif len(one) != len(other):
        yield Difference(part.path, f"{len(one)} rows", f"{len(other)} rows")
    else:
        for name in schemas[0]:
            yield part.inside(name, one[name], other[name])


def polars_series(part: Part, _: Rules) -> Iterator[Part | Difference]:
    """Dtype, then values: as lists where they are not plainly equal."""
    one, other = part.one, part.other
    if one.dtype != other.dtype or one.name != other.name:
        yield Difference(part.path, f"{one.name!r}, {one.dtype}", f"{other.name!r}, {other.dtype}")
    else:
        yield Part(part.path, one.to_list(), other.to_list())


def arrow_tables(part: Part, _: Rules) -> Iterator[Part | Difference]:
    """The schema, then column by column."""
    one, other = part.one, part.other
    if not one.schema.equals(other.schema) or one.num_rows != other.num_rows:
        told = (
            {str(field.name): str(field.type) for field in each.schema} | {"rows": each.num_rows}
            for each in (one, other)
        )
        yield Part(part.path, *told)
        return
    for at, name in enumerate(one.column_names):
        if not one.column(at).equals(other.column(at)):
            yield part.inside(name, one.column(at).to_pylist(), other.column(at).to_pylist())


def labelled(part: Part, _: Rules) -> Iterator[Part | Difference]:
    """Arrays and datasets of xarray: dimensions, coordinates, attributes and values."""
    yield Part(part.path, *(each.to_dict(data="array", encoding=False) for each in (part.one, part.other)))


def volumes(part: Part, rules: Rules) -> Iterator[Part | Difference]:
    """Images of nibabel: header, affine and voxels."""
    import numpy as np

    one, other = part.one, part.other
    if rules.strict:
        yield part.inside("header", dict(one.header), dict(other.header))
    yield part.inside("affine", one.affine, other.affine)
    yield part.inside("data", np.asanyarray(one.dataobj), np.asanyarray(other.dataobj))


def recordings(part: Part, _: Rules) -> Iterator[Part | Difference]:
    """Raw data of MNE: what was measured and how, marks, and samples in volts."""
    one, other = part.one, part.other
    for name in ("sfreq", "ch_names", "bads"):
        yield part.inside(name, one.info[name], other.info[name])
    yield part.inside("types", one.get_channel_types(), other.get_channel_types())
    for name in ("onset", "duration", "description"):
        yield part.inside(f"annotations/{name}", *(getattr(each.annotations, name) for each in (one, other)))
    yield part.inside("data", one.get_data(), other.get_data())


KINDS: tuple[tuple[TypeRef, Compare], ...] = (
    ("PIL.Image.Image", images),
    ("torch.Tensor", tensors),
    ("polars.DataFrame", polars_frames),
    ("polars.Series", polars_series),
    ("pyarrow.Table", arrow_tables),
    ("xarray.DataArray", labelled),
    ("xarray.Dataset", labelled),
    ("nibabel.spatialimages.SpatialImage", volumes),
    ("mne.io.BaseRaw", recordings),
)
