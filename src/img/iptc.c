/*
 * img/iptc: caption, creator, copyright and date of IPTC-IIM 4.2 data sets: a marker, a record, a number, a length, bytes.
 */
#include "img/meta_priv.h"

#include "base/buf.h"

enum {
    MARKER = 0x1C,
    LONG = 0x8000, /* a length from here on says how long the length is: more than we read */
    ENVELOPE = 1,
    APPLICATION = 2,
    CHARSET = 90,
    DATE_CREATED = 55,
    TIME_CREATED = 60,
    DIGITAL_DATE = 62,
    DIGITAL_TIME = 63,
    BY_LINE = 80,
    COPYRIGHT = 116,
    CAPTION = 120,
};

/* 1:90 names ISO 2022 sets. Without it, and where it says UTF-8, the bytes decide. */
static bool is_latin1(str escape) {
    static const str names[] = {S_INIT("\x1B.A"), S_INIT("\x1B-A"), S_INIT("\x1B/A")};
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (str_starts(escape, names[i]))
            return true;
    return false;
}

/* CCYYMMDD and HHMMSS+HHMM; where the time is nonsense the day is not. */
static bool made_at(struct img_meta *ret, str date, str time) {
    char text[32];
    if (date.len + time.len > sizeof text)
        return false;
    size_t n = 0;
    for (size_t i = 0; i < date.len; i++)
        text[n++] = date.p[i];
    for (size_t i = 0; i < time.len; i++)
        text[n++] = time.p[i];
    return img_date(ret->captured_at, str_n(text, n), S(""), S("")) ||
           img_date(ret->captured_at, date, S(""), S(""));
}

void img_iptc_read(str sets, struct img_meta *ret) {
    enum img_charset charset = IMG_CHARSET_GUESS;
    str found[256] = {{NULL, 0}}; /* the first of each number of the application record */
    struct cur c = cur_of(sets);
    while (cur_u8(&c) == MARKER) {
        unsigned record = cur_u8(&c), number = cur_u8(&c), size = cur_u16(&c);
        str value = cur_take(&c, size);
        if (c.bad || size >= LONG)
            break;
        if (record == ENVELOPE && number == CHARSET && is_latin1(value))
            charset = IMG_CHARSET_LATIN1;
        if (record == APPLICATION && !found[number].p)
            found[number] = value;
        if (record == APPLICATION && number == BY_LINE) /* one for each person */
            img_text_add(ret->creator, IMG_TEXT_MAX, value, charset);
    }
    img_text(ret->caption, IMG_LONG_TEXT_MAX, found[CAPTION], charset);
    img_text(ret->copyright, IMG_LONG_TEXT_MAX, found[COPYRIGHT], charset);
    if (!made_at(ret, found[DATE_CREATED], found[TIME_CREATED]))
        made_at(ret, found[DIGITAL_DATE], found[DIGITAL_TIME]);
}
