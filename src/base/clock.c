/* base/clock: the clocks, and the date forms of the wire written and parsed without the locale. */
#include "base/clock.h"

#include "base/ascii.h"

#include <stdatomic.h>
#include <stdio.h>
#include <time.h>

static _Atomic int64_t world_offset_ms;

static int64_t read_ns(clockid_t id) {
    struct timespec t;
    clock_gettime(id, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

int64_t clock_real_ms(void) { return read_ns(CLOCK_REALTIME) / 1000000; }
int64_t clock_world_ms(void) { return clock_real_ms() + world_offset_ms; }
int64_t clock_mono_ns(void) { return read_ns(CLOCK_MONOTONIC); }
void clock_set_offset_ms(int64_t offset) { world_offset_ms = offset; }
int64_t clock_offset_ms(void) { return world_offset_ms; }

static const char *const day_names[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
static const char *const month_names[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                          "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

/* Floors, so that times before 1970 come out right too. */
static int64_t seconds_of(int64_t epoch_ms) { return epoch_ms / 1000 - (epoch_ms % 1000 < 0); }

/* A moment in UTC, as the forms write it. */
struct moment {
    int year, month, day, weekday;
    int hour, minute, second, ms;
};

/* The day that this thread wrote last: the next moment is mostly of it too. */
static __thread struct {
    bool known;
    int64_t number; /* since 1970 */
    struct moment date;
} last_day;

static struct moment moment_of(int64_t epoch_ms) {
    enum { DAY = 86400 };
    int64_t s = seconds_of(epoch_ms), number = s / DAY - (s % DAY < 0);
    if (!last_day.known || last_day.number != number) {
        time_t t = (time_t)s;
        struct tm tm = {0};
        gmtime_r(&t, &tm);
        last_day.date =
            (struct moment){tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_wday, 0, 0, 0, 0};
        last_day.number = number;
        last_day.known = true;
    }
    struct moment m = last_day.date;
    int of_day = (int)(s - number * DAY);
    m.hour = of_day / 3600;
    m.minute = of_day / 60 % 60;
    m.second = of_day % 60;
    m.ms = (int)(epoch_ms - s * 1000);
    return m;
}

/* Text that is written from left to right; room for years of any length. */
struct text {
    char bytes[CLOCK_ISO_MAX + 16];
    size_t n;
};

static void put_char(struct text *t, char c) { t->bytes[t->n++] = c; }

static void put_digits(struct text *t, int value, size_t n) {
    for (size_t i = n; i-- > 0; value /= 10)
        t->bytes[t->n + i] = (char)('0' + value % 10);
    t->n += n;
}

static void put_year(struct text *t, int year) {
    if (year >= 1000 && year <= 9999)
        put_digits(t, year, 4);
    else
        t->n += (size_t)snprintf(t->bytes + t->n, 12, "%d", year);
}

static void put_name(struct text *t, const char *name) {
    memcpy(t->bytes + t->n, name, 3);
    t->n += 3;
}

/* 2026-11-22 or 20261122 */
static void put_date(struct text *t, const struct moment *m, bool dashes) {
    put_year(t, m->year);
    if (dashes)
        put_char(t, '-');
    put_digits(t, m->month, 2);
    if (dashes)
        put_char(t, '-');
    put_digits(t, m->day, 2);
}

/* 04:56:59 or 045659 */
static void put_time(struct text *t, const struct moment *m, bool colons) {
    put_digits(t, m->hour, 2);
    if (colons)
        put_char(t, ':');
    put_digits(t, m->minute, 2);
    if (colons)
        put_char(t, ':');
    put_digits(t, m->second, 2);
}

static char *give(char out[CLOCK_ISO_MAX], const struct text *t) {
    size_t n = t->n < CLOCK_ISO_MAX ? t->n : CLOCK_ISO_MAX - 1;
    memcpy(out, t->bytes, n);
    out[n] = '\0';
    return out;
}

char *clock_iso8601(char out[CLOCK_ISO_MAX], int64_t epoch_ms) {
    struct moment m = moment_of(epoch_ms);
    struct text t = {.n = 0};
    put_date(&t, &m, true);
    put_char(&t, 'T');
    put_time(&t, &m, true);
    put_char(&t, 'Z');
    return give(out, &t);
}

char *clock_iso8601_ms(char out[CLOCK_ISO_MAX], int64_t epoch_ms) {
    struct moment m = moment_of(epoch_ms);
    struct text t = {.n = 0};
    put_date(&t, &m, true);
    put_char(&t, 'T');
    put_time(&t, &m, true);
    put_char(&t, '.');
    put_digits(&t, m.ms, 3);
    put_char(&t, 'Z');
    return give(out, &t);
}

char *clock_amz(char out[CLOCK_ISO_MAX], int64_t epoch_ms) {
    struct moment m = moment_of(epoch_ms);
    struct text t = {.n = 0};
    put_date(&t, &m, false);
    put_char(&t, 'T');
    put_time(&t, &m, false);
    put_char(&t, 'Z');
    return give(out, &t);
}

/* Names of our own: strftime's follow the locale. */
char *clock_http(char out[CLOCK_ISO_MAX], int64_t epoch_ms) {
    struct moment m = moment_of(epoch_ms);
    struct text t = {.n = 0};
    put_name(&t, day_names[m.weekday]);
    put_char(&t, ',');
    put_char(&t, ' ');
    put_digits(&t, m.day, 2);
    put_char(&t, ' ');
    put_name(&t, month_names[m.month - 1]);
    put_char(&t, ' ');
    put_year(&t, m.year);
    put_char(&t, ' ');
    put_time(&t, &m, true);
    put_char(&t, ' ');
    put_name(&t, "GMT");
    return give(out, &t);
}

char *clock_day(char out[CLOCK_ISO_MAX], int64_t epoch_ms) {
    struct moment m = moment_of(epoch_ms);
    struct text t = {.n = 0};
    put_date(&t, &m, true);
    return give(out, &t);
}

/* Takes n digits off the front of *s. */
static bool take_digits(str *s, size_t n, int *ret) {
    uint64_t v;
    if (s->len < n || !str_to_u64(str_slice(*s, 0, n), &v))
        return false;
    *s = str_skip(*s, n);
    *ret = (int)v;
    return true;
}

static bool take_char(str *s, char c) {
    if (s->len == 0 || s->p[0] != c)
        return false;
    *s = str_skip(*s, 1);
    return true;
}

/*
 * Of the Gregorian calendar, for years from 1. A year is counted from March, so that the leap day is
 * its last.
 */
static int64_t days_since_1970(int year, int month, int day) {
    static const int before[] = {306, 337, 0, 31, 61, 92, 122, 153, 184, 214, 245, 275};
    enum { UP_TO_1970 = 719468 }; /* from the first of March of year 0 */
    int64_t y = year - (month < 3);
    return y * 365 + y / 4 - y / 100 + y / 400 + before[month - 1] + day - 1 - UP_TO_1970;
}

static bool to_epoch_ms(int year, int month, int day, int hour, int minute, int second,
                        int64_t *ret) {
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    if (year < 1 || month < 1 || month > 12 || day < 1 ||
        day > days[month - 1] + (leap && month == 2) || hour > 23 || minute > 59 || second > 60)
        return false;
    int64_t seconds = (int64_t)hour * 3600 + (int64_t)minute * 60 + second;
    *ret = (days_since_1970(year, month, day) * 86400 + seconds) * 1000;
    return true;
}

/* .fff… of any length, counted to the millisecond. */
static bool take_fraction(str *s, int64_t *ms) {
    if (!take_char(s, '.'))
        return true;
    int64_t weight = 100;
    size_t n = 0;
    for (; s->len && ascii_is_digit(s->p[0]); n++) {
        *ms += (s->p[0] - '0') * weight;
        weight /= 10;
        *s = str_skip(*s, 1);
    }
    return n > 0;
}

static bool take_zone(str *s, int64_t *ms) {
    if (take_char(s, 'Z') || take_char(s, 'z'))
        return true;
    int sign = take_char(s, '+') ? 1 : take_char(s, '-') ? -1 : 0;
    int hours, minutes;
    if (sign == 0 || !take_digits(s, 2, &hours))
        return false;
    take_char(s, ':');
    if (!take_digits(s, 2, &minutes) || hours > 23 || minutes > 59)
        return false;
    *ms -= (int64_t)sign * (hours * 60 + minutes) * 60000;
    return true;
}

bool clock_parse_iso8601(str s, int64_t *ret_epoch_ms) {
    int year, month, day, hour = 0, minute = 0, second = 0;
    int64_t ms = 0, extra = 0;
    if (!take_digits(&s, 4, &year) || !take_char(&s, '-') || !take_digits(&s, 2, &month) ||
        !take_char(&s, '-') || !take_digits(&s, 2, &day))
        return false;
    if (s.len > 0) {
        if (!take_char(&s, 'T') && !take_char(&s, ' '))
            return false;
        if (!take_digits(&s, 2, &hour) || !take_char(&s, ':') || !take_digits(&s, 2, &minute))
            return false;
        if (take_char(&s, ':') && (!take_digits(&s, 2, &second) || !take_fraction(&s, &extra)))
            return false;
        if (s.len > 0 && !take_zone(&s, &extra))
            return false;
    }
    if (s.len > 0 || !to_epoch_ms(year, month, day, hour, minute, second, &ms))
        return false;
    *ret_epoch_ms = ms + extra;
    return true;
}

bool clock_parse_amz(str s, int64_t *ret_epoch_ms) {
    int year, month, day, hour, minute, second;
    return take_digits(&s, 4, &year) && take_digits(&s, 2, &month) && take_digits(&s, 2, &day) &&
           take_char(&s, 'T') && take_digits(&s, 2, &hour) && take_digits(&s, 2, &minute) &&
           take_digits(&s, 2, &second) && take_char(&s, 'Z') && s.len == 0 &&
           to_epoch_ms(year, month, day, hour, minute, second, ret_epoch_ms);
}

bool clock_parse_http(str s, int64_t *ret_epoch_ms) {
    str weekday, rest;
    int year, month = 0, day, hour, minute, second;
    if (!str_cut(s, ',', &weekday, &rest))
        return false;
    rest = str_trim(rest);
    if (!take_digits(&rest, 2, &day) || !take_char(&rest, ' ') || rest.len < 4)
        return false;
    for (int i = 0; i < 12; i++)
        if (str_eq(str_slice(rest, 0, 3), str_c(month_names[i])))
            month = i + 1;
    rest = str_skip(rest, 3);
    return take_char(&rest, ' ') && take_digits(&rest, 4, &year) && take_char(&rest, ' ') &&
           take_digits(&rest, 2, &hour) && take_char(&rest, ':') &&
           take_digits(&rest, 2, &minute) && take_char(&rest, ':') &&
           take_digits(&rest, 2, &second) && str_eq(rest, S(" GMT")) &&
           to_epoch_ms(year, month, day, hour, minute, second, ret_epoch_ms);
}
