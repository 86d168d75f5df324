#!/usr/bin/env python3
"""Writes the arrays that NumPyTests.swift reads, and compares with what Descent writes.

    pip install numpy
    python make_arrays.py            # writes arrays.npz, packed.npz, plain.npy and expected.json here
    python make_arrays.py --check FILE.npz   # reads a file that Descent wrote, and prints its arrays

The files that are committed came from NumPy 2.4.6.
"""
import io
import json
import pathlib
import sys
import zipfile

import numpy as np

HERE = pathlib.Path(__file__).parent

if len(sys.argv) == 3:
    for name, array in np.load(sys.argv[2]).items():
        print(name, array.dtype, array.shape, array.tolist())
    sys.exit()

numbers = np.array([[0, 1, 2], [-3, 100, 7]])
arrays = {}
for order in "<>":
    for kind in ["f2", "f4", "f8", "i2", "i4", "i8"]:
        arrays[("big_" if order == ">" else "") + kind] = numbers.astype(order + kind)
    for kind in ["u2", "u4", "u8"]:
        arrays[("big_" if order == ">" else "") + kind] = abs(numbers).astype(order + kind)
arrays["i1"] = numbers.astype("i1")
arrays["u1"] = abs(numbers).astype("u1")
arrays["b1"] = numbers > 0
arrays["fractions"] = np.array([0.1, -1e-30, 1e30, 5.5], "<f4")
arrays["halves"] = np.array([6.1e-5, 5.96e-8, 65504, -0.0, 0.333], "<f2")
arrays["special"] = np.array([np.inf, -np.inf, np.nan], "<f8")
arrays["fortran"] = np.asfortranarray(np.arange(24, dtype="<f4").reshape(2, 3, 4))
arrays["sliced"] = np.arange(24, dtype="<f8").reshape(4, 6)[::2, 1::2]
arrays["scalar"] = np.array(3.25)
arrays["nothing"] = np.zeros((0, 3), "<f4")
arrays["one"] = np.array([7], "<i4")
arrays["deep"] = np.arange(4, dtype="u1").reshape(1, 2, 1, 2)
arrays["größe"] = np.array([1.5, 2.5], "<f4")


def bytes_of(array, version=None):
    file = io.BytesIO()
    np.lib.format.write_array(file, np.asanyarray(array), version)
    return file.getvalue()


versions = {"version2": (2, 0), "version3": (3, 0)}
for name, packing in [("arrays", zipfile.ZIP_STORED), ("packed", zipfile.ZIP_DEFLATED)]:
    np_file = HERE / f"{name}.npz"
    (np.savez if packing == zipfile.ZIP_STORED else np.savez_compressed)(np_file, **arrays)
    with zipfile.ZipFile(np_file, "a", packing) as file:
        for version, number in versions.items():
            file.writestr(version + ".npy", bytes_of(numbers.astype("<f4"), number))
for version in versions:
    arrays[version] = numbers.astype("<f4")
np.save(HERE / "plain.npy", np.array([[1, 2, 3], [4, 5, 6.5]], "<f4"))


def text(value):
    return repr(float(value))


expected = {
    name: {"shape": array.shape, "values": [text(value) for value in np.ravel(array)]}
    for name, array in arrays.items()
}
# What is refused: name and file, as hexadecimal digits.
refused = {
    "words": np.array(["a", "b"]),
    "complex": np.array([1j]),
    "records": np.array([(1, 2.0)], dtype=[("a", "i4"), ("b", "f8")]),
    "days": np.array(["2024-01-01"], dtype="datetime64[D]"),
    "large": np.array([2**40]),
    "unsigned": np.array([2**63], "<u8"),
    "long double": np.array([1], np.longdouble),
}
files = {name: bytes_of(array).hex() for name, array in refused.items()}
(HERE / "expected.json").write_text(
    json.dumps({"arrays": expected, "refused": files}, ensure_ascii=False, indent=1) + "\n")
