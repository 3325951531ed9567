/* aws/fits: the constraints of the model, one at a time. */
#include "aws/fits.h"

#include "aws/pattern.h"

bool aws_fits_length(const struct api_shape *shape, int64_t n) {
    return !((shape->flags & API_HAS_MIN) && n < shape->min) &&
           !((shape->flags & API_HAS_MAX) && n > shape->max);
}

int64_t aws_text_length(str text) {
    int64_t n = 0;
    for (size_t i = 0; i < text.len; i++) {
        unsigned char b = (unsigned char)text.p[i];
        n += (b & 0xc0) != 0x80;
        n += b >= 0xf0;
    }
    return n;
}

bool aws_fits_text(const struct api_shape *shape, str text) {
    return ((shape->flags & (API_HAS_MIN | API_HAS_MAX)) == 0 ||
            aws_fits_length(shape, aws_text_length(text))) &&
           (!shape->pattern || api_pattern_match(shape->pattern, text)) &&
           (!shape->values || api_enum_has(shape, text));
}

bool aws_fits_number(const struct api_shape *shape, double v) {
    return !((shape->flags & API_HAS_MIN) && v < (double)shape->min) &&
           !((shape->flags & API_HAS_MAX) && v > (double)shape->max);
}
