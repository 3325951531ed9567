#pragma once
/*
 * aws/pattern: matches a value against a pattern of the API model, whole. The patterns were
 * compiled by tools/genapi_pattern.py, so nothing is compiled at run time. Backtracking with a
 * budget of steps: a value that would cost more is refused, so a client cannot buy time.
 *
 * Words of the code, from index 0:
 *   MATCH                 the end (of the value, or of a LOOK's body)
 *   CHAR c                that code point
 *   CLASS f|n (lo hi)*n   one code point in the ranges; f: NEGATED, LETTERS (also \p{L}\p{Z}\p{N})
 *   REPEAT min max CLASS… the class, as often as possible
 *   SPLIT a b             goes on at a, or else at b          JUMP a
 *   BEGIN, END, BOUNDARY  ^ $ \b
 *   LOOK neg next …MATCH  looks ahead, goes on at next        BEHIND neg next CLASS… looks one back
 */
#include "base/str.h"

struct api_pattern;

enum pattern_op {
    PATTERN_MATCH,
    PATTERN_CHAR,
    PATTERN_CLASS,
    PATTERN_REPEAT,
    PATTERN_SPLIT,
    PATTERN_JUMP,
    PATTERN_BEGIN,
    PATTERN_END,
    PATTERN_BOUNDARY,
    PATTERN_LOOK,
    PATTERN_BEHIND,
};

/* True when the whole of value (UTF-8) matches. */
bool api_pattern_match(const struct api_pattern *pattern, str value);

/* True when all beyond ASCII in value (UTF-8) is of \p{L}, \p{Z} or \p{N}, as tags may have. */
bool api_pattern_only_letters(str value);

/* \p{L}, \p{Z} and \p{N}, ascending (generated). */
struct api_pattern_range {
    uint32_t low, high;
};
extern const struct api_pattern_range api_pattern_letters[];
extern const size_t api_pattern_n_letters;
