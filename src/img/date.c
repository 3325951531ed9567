/*
 * img/date: dates as cameras and editors write them, checked for being dates. Sources: Exif 3.0, 4.6.6.3 ("YYYY:MM:DD
 * HH:MM:SS", unknown parts blank), ISO 8601 as XMP part 1, 8.2.1.1 has it, IPTC-IIM 4.2 (CCYYMMDD and HHMMSS+HHMM).
 */
#include "base/ascii.h"
#include "img/meta_priv.h"

#include <stdio.h>

enum {
    FIRST_YEAR =
        1800, /* nothing was photographed before; clocks that nobody set say 0000 or 0001 */
    FRACTION_DIGITS = 6, /* of a second, that are kept */
    ZONE_MAX = 7,        /* "+01:00" and a NUL */
    EAST_MOST = 14 * 60,
    WEST_MOST = 12 * 60, /* minutes from UTC: Kiribati, Baker Island */
};

struct moment {
    unsigned year, month, day, hour, minute, second;
    bool has_time;
    char fraction[FRACTION_DIGITS + 2]; /* with its dot */
    char zone[ZONE_MAX];
};

static char next(str s) { return s.len ? s.p[0] : '\0'; }

static void skip_spaces(str *s) {
    while (next(*s) == ' ')
        *s = str_skip(*s, 1);
}

/* A number of least to most digits, which are taken off s. */
static bool digits(str *s, size_t least, size_t most, unsigned *ret) {
    size_t n = 0;
    unsigned v = 0;
    for (; n < most && n < s->len && ascii_is_digit(s->p[n]); n++)
        v = v * 10 + (unsigned)(s->p[n] - '0');
    if (n < least)
        return false;
    *s = str_skip(*s, n);
    *ret = v;
    return true;
}

/* The next part of a date or time: behind a separator of one or two digits, without one exactly two. */
static bool part(str *s, const char *separators, unsigned *ret) {
    if (!ascii_is_one_of(next(*s), separators))
        return digits(s, 2, 2, ret);
    *s = str_skip(*s, 1);
    skip_spaces(s);
    return digits(s, 1, 2, ret);
}

static bool is_day(unsigned year, unsigned month, unsigned day) {
    static const uint8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    if (year < FIRST_YEAR || month < 1 || month > 12 || day < 1)
        return false;
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return day <= days[month - 1] + (month == 2 && leap ? 1u : 0u);
}

/* A leap second is one: its minute is the last of an hour everywhere. */
static bool is_time(const struct moment *m) {
    return m->hour < 24 && m->minute < 60 && m->second < (m->minute == 59 ? 61 : 60);
}

/* "Z", "+01:00", "+0100" or "+01" from the front of s. "-00:00" says that the offset is not known. */
static bool take_zone(str *s, char ret[ZONE_MAX]) {
    str rest = *s;
    char sign = next(rest);
    unsigned hours = 0, minutes = 0;
    rest = str_skip(rest, 1);
    if (sign == 'Z' || sign == 'z') {
        *s = rest;
        memcpy(ret, "Z", 2);
        return true;
    }
    if ((sign != '+' && sign != '-') || !digits(&rest, 2, 2, &hours))
        return false;
    bool colon = next(rest) == ':';
    rest = str_skip(rest, colon);
    if ((colon || ascii_is_digit(next(rest))) && !digits(&rest, 2, 2, &minutes))
        return false;
    unsigned away = hours * 60 + minutes;
    if (minutes > 59 || away > (sign == '+' ? EAST_MOST : WEST_MOST) || (sign == '-' && away == 0))
        return false;
    *s = rest;
    snprintf(ret, ZONE_MAX, "%c%02u:%02u", sign, hours % 100, minutes % 100);
    return true;
}

static str take_digits(str *s) {
    size_t n = 0;
    while (n < s->len && ascii_is_digit(s->p[n]))
        n++;
    str got = str_slice(*s, 0, n);
    *s = str_skip(*s, n);
    return got;
}

static void set_fraction(struct moment *m, str text) {
    str t = take_digits(&text);
    if (t.len && text.len == 0)
        snprintf(m->fraction, sizeof m->fraction, "." STR_FMT,
                 STR_ARG(str_slice(t, 0, FRACTION_DIGITS)));
}

/* What stands behind the day. False: it is nonsense, and so the whole is. */
static bool read_time(str s, struct moment *m) {
    if (next(s) == 'T' || next(s) == 't')
        s = str_skip(s, 1);
    skip_spaces(&s);
    if (!ascii_is_digit(next(s))) { /* blank: "  :  :  " */
        while (s.len && ascii_is_one_of(s.p[0], " :"))
            s = str_skip(s, 1);
        return !ascii_is_alnum(next(s));
    }
    m->has_time = true;
    if (!digits(&s, 1, 2, &m->hour) || !part(&s, ":", &m->minute))
        return false;
    if ((next(s) == ':' || ascii_is_digit(next(s))) && !part(&s, ":", &m->second)) {
        if (s.len) /* they may be blank */
            return false;
    }
    if (next(s) == '.' || next(s) == ',') {
        s = str_skip(s, 1);
        set_fraction(m, take_digits(&s));
    }
    skip_spaces(&s);
    if (!take_zone(&s, m->zone))
        return !ascii_is_alnum(next(s));
    return true;
}

static str to_nul(str s) {
    ptrdiff_t end = str_chr(s, '\0');
    return str_trim(end < 0 ? s : str_slice(s, 0, (size_t)end));
}

bool img_date(char out[IMG_DATE_MAX], str date, str fraction, str offset) {
    struct moment m = {0};
    str s = to_nul(date);
    if (!digits(&s, 4, 4, &m.year) || !part(&s, ":-/.", &m.month) || !part(&s, ":-/.", &m.day) ||
        !is_day(m.year, m.month, m.day) || !read_time(s, &m) || !is_time(&m))
        return false;
    str zone = to_nul(offset);
    char given[ZONE_MAX] = "";
    if (!m.zone[0] && take_zone(&zone, given) && zone.len == 0)
        memcpy(m.zone, given, sizeof given);
    if (!m.fraction[0])
        set_fraction(&m, to_nul(fraction));
    int n =
        snprintf(out, IMG_DATE_MAX, "%04u-%02u-%02u", m.year % 10000, m.month % 100, m.day % 100);
    if (m.has_time)
        snprintf(out + n, IMG_DATE_MAX - (size_t)n, "T%02u:%02u:%02u%s%s", m.hour % 100,
                 m.minute % 100, m.second % 100, m.fraction, m.zone);
    return true;
}
