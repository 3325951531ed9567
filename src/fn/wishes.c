/* fn/wishes: reads DERIVATIVES; each piece of a part has its reader and its words for what is wrong. */
#include "fn/wishes.h"

#include "base/ascii.h"

#include <errno.h>

enum { QUALITY = 80 };

static bool read_number(str text, uint64_t most, unsigned *ret) {
    uint64_t n;
    if (!str_to_u64(text, &n) || n < 1 || n > most)
        return false;
    *ret = (unsigned)n;
    return true;
}

/* "800", or "800x600". */
static bool read_size(str text, struct imgjob_wish *wish) {
    str width, height;
    bool two = str_cut(text, 'x', &width, &height);
    return read_number(width, IMGJOB_MAX_EDGE, &wish->width) &&
           read_number(two ? height : width, IMGJOB_MAX_EDGE, &wish->height);
}

static bool read_fit(str text, struct imgjob_wish *wish) {
    static const struct {
        const char *word;
        enum imgjob_fit fit;
    } fits[] = {{"inside", IMGJOB_INSIDE}, {"cover", IMGJOB_COVER}, {"exact", IMGJOB_EXACT}};
    for (size_t i = 0; i < ARRAY_LEN(fits); i++)
        if (str_is(text, fits[i].word)) {
            wish->fit = fits[i].fit;
            return true;
        }
    return false;
}

static bool read_name(str text, char ret[FN_WISH_NAME + 1]) {
    if (text.len < 1 || text.len > FN_WISH_NAME || !ascii_only_alnum(text, "._-"))
        return false;
    memcpy(ret, text.p, text.len);
    ret[text.len] = '\0';
    return true;
}

/* FIT, QUALITY, or both in this order. */
static const char *read_options(str options, struct imgjob_wish *wish) {
    str first, second;
    bool two = str_cut(options, ':', &first, &second);
    bool fit = read_fit(first, wish);
    if (two && !fit)
        return "the fit is none of inside, cover and exact";
    if (fit && !two)
        return NULL;
    if (read_number(two ? second : first, 100, &wish->quality))
        return NULL;
    return "behind the size there may be inside, cover or exact, and a quality from 1 to 100";
}

/* NULL, or what is wrong with it. */
static const char *read_part(str part, struct imgjob_wish *wish, char name[FN_WISH_NAME + 1]) {
    str named, rest, size, options;
    bool has_name = str_cut(part, '=', &named, &rest);
    bool has_options = str_cut(has_name ? rest : part, ':', &size, &options);
    *wish = (struct imgjob_wish){.fit = IMGJOB_INSIDE, .quality = QUALITY};
    if (!read_size(size, wish))
        return "the size is not N or WxH with numbers from 1 to 16384";
    if (!read_name(has_name ? named : size, name))
        return "the name is not of 1 to 32 letters, digits, dots, hyphens and underscores";
    return has_options ? read_options(options, wish) : NULL;
}

static bool is_taken(const struct fn_wishes *w) {
    for (size_t i = 0; i < w->n; i++)
        if (strcmp(w->name[i], w->name[w->n]) == 0)
            return true;
    return false;
}

int fn_wishes_parse(struct fn_wishes *ret, str text, struct err *err) {
    struct fn_wishes w = {0};
    str part, left = text;
    for (bool more = true; more; w.n++) {
        more = str_cut(left, ',', &part, &left);
        part = str_trim(part);
        if (w.n == IMGJOB_MAX_DERIVATIVES)
            return err_set(err, -EINVAL, "there are more than %d derivatives",
                           IMGJOB_MAX_DERIVATIVES);
        const char *wrong = read_part(part, &w.wish[w.n], w.name[w.n]);
        if (!wrong && is_taken(&w))
            wrong = "the name is that of an earlier one";
        if (wrong)
            return err_set(err, -EINVAL, "part %zu, \"" STR_FMT "\": %s", w.n + 1,
                           STR_ARG(str_slice(part, 0, 80)), wrong);
    }
    *ret = w;
    return 0;
}
