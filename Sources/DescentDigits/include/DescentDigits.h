#ifndef DESCENT_DIGITS_H
#define DESCENT_DIGITS_H

#include <stdint.h>

/// The bytes of digits.bin: see make_digits.py.
const uint8_t *_Nonnull descent_digits_bytes(void);

/// The number of those bytes.
int64_t descent_digits_count(void);

#endif
