#include "DescentDigits.h"

static const unsigned char digits[] = {
#embed "digits.bin"
};

const uint8_t *descent_digits_bytes(void) { return digits; }
int64_t descent_digits_count(void) { return sizeof digits; }
