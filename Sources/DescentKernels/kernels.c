#include "DescentKernels.h"
