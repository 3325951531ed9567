/*
 * dynamodb/number: decimal arithmetic on 38 digits, the printed form, and the form whose byte
 * order is the numbers' order.
 */
#include "svc/dynamodb/number.h"

#include "base/ascii.h"

enum { EXP_MIN = -129, EXP_MAX = 126 };

/* ---- Reading ---- */

/*
 * Digits of the text so far: zeros in front are skipped, zeros behind are pending until a digit
 * follows.
 */
struct scan {
    struct ddb_number v;
    int64_t point; /* digits before the decimal point, counted from the first significant one */
    size_t zeros;  /* behind the last significant digit */
    bool any, too_many;
};

static void scan_digit(struct scan *s, char c, bool fraction) {
    s->any = true;
    if (c == '0' && s->v.n == 0) {
        s->point -= fraction;
        return;
    }
    s->point += !fraction;
    if (c == '0') {
        s->zeros++;
        return;
    }
    if (s->v.n + s->zeros >= DDB_DIGITS) {
        s->too_many = true;
        return;
    }
    while (s->zeros > 0) {
        s->v.digits[s->v.n++] = 0;
        s->zeros--;
    }
    s->v.digits[s->v.n++] = (uint8_t)(c - '0');
}

/* The exponent, clamped far outside of the range; false: not one. */
static bool scan_exponent(str s, int64_t *ret) {
    bool minus = s.len && s.p[0] == '-';
    if (s.len && (s.p[0] == '-' || s.p[0] == '+'))
        s = str_skip(s, 1);
    if (s.len == 0)
        return false;
    int64_t v = 0;
    for (size_t i = 0; i < s.len; i++) {
        if (!ascii_is_digit(s.p[i]))
            return false;
        if (v < 1000000000)
            v = v * 10 + (s.p[i] - '0');
    }
    *ret = minus ? -v : v;
    return true;
}

static int finish(struct scan *s, int sign, int64_t exponent, struct ddb_number *ret) {
    if (s->v.n == 0) {
        *ret = (struct ddb_number){0};
        return DDB_NUMBER_OK;
    }
    exponent += s->point;
    if (exponent > EXP_MAX)
        return DDB_NUMBER_E_OVERFLOW;
    if (exponent < EXP_MIN)
        return DDB_NUMBER_E_UNDERFLOW;
    if (s->too_many)
        return DDB_NUMBER_E_DIGITS;
    s->v.sign = (int8_t)sign;
    s->v.exponent = (int16_t)exponent;
    *ret = s->v;
    return DDB_NUMBER_OK;
}

int ddb_number_parse(struct ddb_number *ret, str text) {
    struct scan s = {.v = {0}};
    int sign = text.len && text.p[0] == '-' ? -1 : 1;
    size_t i = text.len && (text.p[0] == '-' || text.p[0] == '+');
    bool fraction = false;
    for (; i < text.len; i++) {
        char c = text.p[i];
        if (ascii_is_digit(c))
            scan_digit(&s, c, fraction);
        else if (c == '.' && !fraction)
            fraction = true;
        else
            break;
    }
    int64_t exponent = 0;
    if (!s.any || (i < text.len && text.p[i] != 'e' && text.p[i] != 'E'))
        return DDB_NUMBER_E_SYNTAX;
    if (i < text.len && !scan_exponent(str_skip(text, i + 1), &exponent))
        return DDB_NUMBER_E_SYNTAX;
    return finish(&s, sign, exponent, ret);
}

struct ddb_number ddb_number_of(uint64_t v) {
    struct ddb_number n = {0};
    char text[24];
    int len = 0;
    for (uint64_t rest = v; rest; rest /= 10)
        len++;
    for (int i = len; i-- > 0; v /= 10)
        text[i] = (char)('0' + v % 10);
    if (len)
        ddb_number_parse(&n, str_n(text, (size_t)len));
    return n;
}

void ddb_number_explain(int outcome, str text, struct buf *out) {
    switch (outcome) {
    case DDB_NUMBER_E_DIGITS:
        buf_c(out, "Attempting to store more than 38 significant digits in a Number");
        break;
    case DDB_NUMBER_E_OVERFLOW:
        buf_c(out, "Number overflow. Attempting to store a number with magnitude larger than "
                   "supported range");
        break;
    case DDB_NUMBER_E_UNDERFLOW:
        buf_c(out, "Number underflow. Attempting to store a number with magnitude smaller than "
                   "supported range");
        break;
    default:
        buf_c(out, "The parameter cannot be converted to a numeric value");
        if (text.len)
            buf_printf(out, ": " STR_FMT, STR_ARG(str_slice(text, 0, 100)));
        break;
    }
}

/* ---- Comparing, adding ---- */
static int cmp_magnitude(const struct ddb_number *a, const struct ddb_number *b) {
    if (a->n == 0 || b->n == 0)
        return (a->n != 0) - (b->n != 0);
    if (a->exponent != b->exponent)
        return a->exponent < b->exponent ? -1 : 1;
    int c = memcmp(a->digits, b->digits, a->n < b->n ? a->n : b->n);
    return c ? c : (a->n > b->n) - (a->n < b->n);
}

int ddb_number_cmp(const struct ddb_number *a, const struct ddb_number *b) {
    if (a->sign != b->sign)
        return a->sign < b->sign ? -1 : 1;
    int c = cmp_magnitude(a, b);
    return a->sign < 0 ? -c : c;
}

/*
 * Columns of a sum: [0] takes the carry, then one for every place from 10^125 to 10^-130 and 37
 * more.
 */
enum { COLUMNS = 1 + (EXP_MAX - EXP_MIN) + DDB_DIGITS };

static void add_columns(int columns[COLUMNS], const struct ddb_number *v, int times) {
    size_t at = (size_t)(1 + EXP_MAX - v->exponent);
    for (size_t i = 0; i < v->n; i++)
        columns[at + i] += times * v->digits[i];
}

static int from_columns(struct ddb_number *ret, int columns[COLUMNS], int sign) {
    for (size_t i = COLUMNS - 1; i > 0; i--) {
        while (columns[i] < 0) {
            columns[i] += 10;
            columns[i - 1]--;
        }
        columns[i - 1] += columns[i] / 10;
        columns[i] %= 10;
    }
    struct scan s = {.v = {0}};
    for (size_t i = 0; i < COLUMNS; i++)
        scan_digit(&s, (char)('0' + columns[i]), false);
    /* point counts the columns from the first digit to the last one. */
    return finish(&s, sign, EXP_MAX + 1 - COLUMNS, ret);
}

int ddb_number_add(struct ddb_number *ret, const struct ddb_number *a, const struct ddb_number *b) {
    int columns[COLUMNS] = {0};
    if (cmp_magnitude(a, b) < 0) {
        const struct ddb_number *swap = a;
        a = b;
        b = swap;
    }
    add_columns(columns, a, 1);
    if (b->n)
        add_columns(columns, b, a->sign == b->sign ? 1 : -1);
    return from_columns(ret, columns, a->sign);
}

int ddb_number_sub(struct ddb_number *ret, const struct ddb_number *a, const struct ddb_number *b) {
    struct ddb_number minus = *b;
    minus.sign = (int8_t)-b->sign;
    return ddb_number_add(ret, a, &minus);
}

/* ---- Writing ---- */
void ddb_number_text(const struct ddb_number *v, struct buf *out) {
    if (v->sign == 0) {
        buf_char(out, '0');
        return;
    }
    if (v->sign < 0)
        buf_char(out, '-');
    if (v->exponent <= 0) {
        buf_c(out, "0.");
        for (int i = v->exponent; i < 0; i++)
            buf_char(out, '0');
    }
    for (int i = 0; i < v->n || i < v->exponent; i++) {
        if (i == v->exponent && i > 0)
            buf_char(out, '.');
        buf_u8(out, (uint8_t)('0' + (i < v->n ? v->digits[i] : 0)));
    }
}

/*
 * Class (1 negative, 2 zero, 3 positive), exponent + 129, then pairs of digits plus one, then 0.
 * A negative number has everything behind the class complemented.
 */
void ddb_number_key(const struct ddb_number *v, struct buf *out) {
    uint8_t flip = v->sign < 0 ? 0xFF : 0;
    buf_u8(out, (uint8_t)(2 + v->sign));
    if (v->sign == 0)
        return;
    buf_u8(out, (uint8_t)((v->exponent - EXP_MIN) ^ flip));
    for (size_t i = 0; i < v->n; i += 2) {
        int pair = v->digits[i] * 10 + (i + 1 < v->n ? v->digits[i + 1] : 0);
        buf_u8(out, (uint8_t)((pair + 1) ^ flip));
    }
    buf_u8(out, flip);
}

bool ddb_number_unkey(struct cur *c, struct ddb_number *ret) {
    struct ddb_number v = {0};
    v.sign = (int8_t)(cur_u8(c) - 2);
    if (c->bad || v.sign < -1 || v.sign > 1)
        return false;
    uint8_t flip = v.sign < 0 ? 0xFF : 0;
    if (v.sign)
        v.exponent = (int16_t)((cur_u8(c) ^ flip) + EXP_MIN);
    while (v.sign) {
        uint8_t pair = cur_u8(c) ^ flip;
        if (c->bad || pair > 100)
            return false;
        if (pair == 0)
            break;
        if (v.n + 2 > DDB_DIGITS)
            return false;
        v.digits[v.n++] = (uint8_t)((pair - 1) / 10);
        v.digits[v.n++] = (uint8_t)((pair - 1) % 10);
    }
    if (v.n && v.digits[v.n - 1] == 0)
        v.n--;
    if (v.sign && (v.n == 0 || v.digits[0] == 0 || v.digits[v.n - 1] == 0))
        return false;
    *ret = v;
    return true;
}

/* "approximately 1 byte per two significant digits, plus 1 byte"; one more for the minus. */
size_t ddb_number_size(const struct ddb_number *v) {
    return (size_t)(v->n + 1) / 2 + 1 + (v->sign < 0);
}
