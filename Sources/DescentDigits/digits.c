#include "DescentDigits.h"

static const uint8_t digits[] = {
#embed "digits.bin"
};

const uint8_t *descent_digits_bytes(void) { return digits; }
int64_t descent_digits_count(void) { return (int64_t)sizeof digits; }
