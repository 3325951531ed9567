#pragma once
/* img/color, inside: which of the inner loops are taken. */
#include "img/color.h"

/* Set by img_color_use_vectors. */
extern bool img_color_plain;
