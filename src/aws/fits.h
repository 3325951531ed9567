#pragma once
/*
 * aws/fits: does a value keep the constraints of its shape? validate.c asks these and words what
 * does not; the reader of JSON texts asks them while it reads.
 */
#include "aws/model.h"

/* A length or count within the shape's bounds. */
bool aws_fits_length(const struct api_shape *shape, int64_t n);
/* Length, pattern and enum of a text. Lengths are in characters as AWS counts: UTF-16 units. */
bool aws_fits_text(const struct api_shape *shape, str text);
int64_t aws_text_length(str text);
bool aws_fits_number(const struct api_shape *shape, double v);
/* No text is too much for it. */
static inline bool aws_fits_any(const struct api_shape *shape) {
    return !shape->pattern && !shape->values && !(shape->flags & (API_HAS_MIN | API_HAS_MAX));
}
/* Bytes of a blob, by its text in base64, as the model's bounds are checked. */
static inline int64_t aws_blob_length(str base64) { return (int64_t)(base64.len / 4 * 3); }
