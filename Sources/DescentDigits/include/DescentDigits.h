/// The embedded handwritten digits: a gzip file (see make_digits.py) in the program itself.
#ifndef DESCENT_DIGITS_H
#define DESCENT_DIGITS_H

#include <stdint.h>

const uint8_t *descent_digits_bytes(void);
int64_t descent_digits_count(void);

#endif
