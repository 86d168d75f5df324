#ifndef DESCENT_DIGITS_H
#define DESCENT_DIGITS_H
#endif
