#pragma once
/* img/color, inside: which of the inner loops are taken. */
#include "img/color.h"

/*
 * This machine has AVX2, and no test says otherwise. Other loops are the compiler's for any
 * machine of its kind.
 */
bool img_color_avx2(void);
