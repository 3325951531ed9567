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

static struct tm broken_down(int64_t epoch_ms) {
    time_t t = (time_t)seconds_of(epoch_ms);
    struct tm tm = {0};
    gmtime_r(&t, &tm);
    return tm;
}

/*
 * "2026-11-22T", kept by each thread: answers tell many times of few days, and gmtime_r takes a lock
 * that all threads share.
 */
struct day {
    bool known;
    int64_t number;
    char text[CLOCK_ISO_MAX];
    size_t len;
};

static const struct day *day_of(int64_t number) {
    static __thread struct day day;
    if (!day.known || day.number != number) {
        time_t t = (time_t)(number * 86400);
        struct tm tm = {0};
        gmtime_r(&t, &tm);
        day = (struct day){.known = true, .number = number};
        day.len = strftime(day.text, sizeof day.text, "%Y-%m-%dT", &tm);
    }
    return &day;
}

static char *put_two(char *at, int64_t v) {
    *at++ = (char)('0' + v / 10);
    *at++ = (char)('0' + v % 10);
    return at;
}

/* "2026-11-22T04:56:59"; returns what follows. */
static char *put_time(char *at, int64_t seconds) {
    int64_t number = seconds / 86400 - (seconds % 86400 < 0), of_day = seconds - number * 86400;
    const struct day *day = day_of(number);
    memcpy(at, day->text, day->len);
    at = put_two(at + day->len, of_day / 3600);
    *at++ = ':';
    at = put_two(at, of_day / 60 % 60);
    *at++ = ':';
    return put_two(at, of_day % 60);
}

char *clock_iso8601(char out[CLOCK_ISO_MAX], int64_t epoch_ms) {
    memcpy(put_time(out, seconds_of(epoch_ms)), "Z", 2);
    return out;
}

char *clock_iso8601_ms(char out[CLOCK_ISO_MAX], int64_t epoch_ms) {
    int64_t seconds = seconds_of(epoch_ms), ms = epoch_ms - seconds * 1000;
    char *at = put_time(out, seconds);
    *at++ = '.';
    *at++ = (char)('0' + ms / 100);
    memcpy(put_two(at, ms % 100), "Z", 2);
    return out;
}

char *clock_amz(char out[CLOCK_ISO_MAX], int64_t epoch_ms) {
    struct tm tm = broken_down(epoch_ms);
    strftime(out, CLOCK_ISO_MAX, "%Y%m%dT%H%M%SZ", &tm);
    return out;
}

/* Not strftime's %a and %b: those follow the locale. */
char *clock_http(char out[CLOCK_ISO_MAX], int64_t epoch_ms) {
    struct tm tm = broken_down(epoch_ms);
    char rest[CLOCK_ISO_MAX];
    strftime(rest, sizeof rest, "%Y %H:%M:%S GMT", &tm);
    snprintf(out, CLOCK_ISO_MAX, "%s, %02d %s %.20s", day_names[tm.tm_wday], tm.tm_mday,
             month_names[tm.tm_mon], rest);
    return out;
}

char *clock_day(char out[CLOCK_ISO_MAX], int64_t epoch_ms) {
    struct tm tm = broken_down(epoch_ms);
    strftime(out, CLOCK_ISO_MAX, "%Y-%m-%d", &tm);
    return out;
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

static bool to_epoch_ms(int year, int month, int day, int hour, int minute, int second,
                        int64_t *ret) {
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    if (year < 1 || month < 1 || month > 12 || day < 1 ||
        day > days[month - 1] + (leap && month == 2) || hour > 23 || minute > 59 || second > 60)
        return false;
    struct tm tm = {.tm_year = year - 1900,
                    .tm_mon = month - 1,
                    .tm_mday = day,
                    .tm_hour = hour,
                    .tm_min = minute,
                    .tm_sec = second};
    *ret = (int64_t)timegm(&tm) * 1000;
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
