#pragma once
/*
 * dynamodb/number: DynamoDB's decimal numbers. 38 significant digits, magnitudes from 1E-130 to
 * 9.99…E+125, exact; zero has no sign. ("Data types", DynamoDB Developer Guide.)
 *
 * A number is kept in one form only: no leading or trailing zero digits, so equal numbers are equal
 * bytes. Values, no memory behind them. Untrusted text is bounded by the caller; a huge
 * exponent costs nothing.
 */
#include "base/buf.h"
#include "base/outcomes.h"

enum { DDB_DIGITS = 38 };

/* sign × 0.DIGITS × 10^exponent */
struct ddb_number {
    int8_t sign;      /* -1, 0, 1 */
    uint8_t n;        /* digits in use; 0 for zero */
    int16_t exponent; /* -129 … 126; 0 for zero */
    uint8_t digits[DDB_DIGITS];
};

enum {
    DDB_NUMBER_OK = 0,
    DDB_NUMBER_E_SYNTAX = OUTCOMES_DDB_NUMBER, /* not a number */
    DDB_NUMBER_E_DIGITS,                       /* more than 38 significant digits */
    DDB_NUMBER_E_OVERFLOW,                     /* too large */
    DDB_NUMBER_E_UNDERFLOW,                    /* too close to zero */
};
/* Sets *ret on DDB_NUMBER_OK only. */
int ddb_number_parse(struct ddb_number *ret, str text);
/*
 * a + b or a - b. DDB_NUMBER_OK, or E_DIGITS, E_OVERFLOW, E_UNDERFLOW where the exact result is
 * none. ret may be a or b.
 */
int ddb_number_add(struct ddb_number *ret, const struct ddb_number *a, const struct ddb_number *b);
int ddb_number_sub(struct ddb_number *ret, const struct ddb_number *a, const struct ddb_number *b);
int ddb_number_cmp(const struct ddb_number *a, const struct ddb_number *b); /* < 0, 0, > 0 */
struct ddb_number ddb_number_of(uint64_t v); /* at most 19 digits matter: exact */

/*
 * Decimal digits, as DynamoDB answers: "-0.00012", "1500", never an exponent, so up to 170
 * characters (38 digits behind "-0." and 129 zeros).
 */
void ddb_number_text(const struct ddb_number *v, struct buf *out);
/* AWS's words for a failed parse. text is what was parsed. */
void ddb_number_explain(int outcome, str text, struct buf *out);

/*
 * Bytes whose order is the order of the numbers; no encoding is a prefix of another. At most
 * DDB_NUMBER_KEY_MAX. Also the form in which numbers are stored.
 */
enum { DDB_NUMBER_KEY_MAX = 2 + DDB_DIGITS / 2 + 1 };
void ddb_number_key(const struct ddb_number *v, struct buf *out);
/* Takes one such number off the front. False: damaged, or not in its one form. */
bool ddb_number_unkey(struct cur *c, struct ddb_number *ret);

/* Bytes that the number counts in an item's size ("Item sizes and formats"). */
size_t ddb_number_size(const struct ddb_number *v);
