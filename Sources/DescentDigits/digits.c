#include "DescentDigits.h"
