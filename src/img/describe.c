/* img/describe: the fields of the result. */
#include "img/describe.h"

#include <math.h>
#include <stdio.h>

void img_described_deinit(struct img_described *d) { buf_deinit(&d->warnings); }

/* Metadata says 0 where it knows nothing; what no camera does is nothing, too. */
static double known(double v) { return v >= 1e-9 && v <= 1e9 ? v : (double)NAN; }

void img_describe(const struct img_head *head, const struct img_meta *meta, bool keep_gps,
                  struct imgjob_result *r) {
    bool turned = meta->orientation >= 5;
    r->width = turned ? head->height : head->width;
    r->height = turned ? head->width : head->height;
    r->orientation = meta->orientation;
    r->bit_depth = head->bit_depth;
    r->color_space = str_c(head->color_space);
    r->captured_at = str_c(meta->captured_at);
    r->make = str_c(meta->make);
    r->model = str_c(meta->model);
    r->lens = str_c(meta->lens);
    r->exposure_s = known(meta->exposure_s);
    r->f_number = known(meta->f_number);
    r->iso = meta->iso;
    r->focal_mm = known(meta->focal_mm);
    if (keep_gps && meta->has_gps) {
        r->latitude = meta->latitude;
        r->longitude = meta->longitude;
    }
    r->caption = str_c(meta->caption);
    r->creator = str_c(meta->creator);
    r->copyright = str_c(meta->copyright);
    r->has_gain_map = meta->has_gain_map;
}

void img_describe_look(const struct img_look *look, struct img_described *d,
                       struct imgjob_result *r) {
    snprintf(d->phash, sizeof d->phash, "%016llx", (unsigned long long)look->phash);
    snprintf(d->dominant, sizeof d->dominant, "#%02x%02x%02x", look->dominant[0], look->dominant[1],
             look->dominant[2]);
    r->phash = str_c(d->phash);
    r->dominant = str_c(d->dominant);
    r->placeholder = str_c(look->placeholder);
}

static const struct {
    enum img_warning bit;
    const char *word;
} words[] = {
    {IMG_WARN_DAMAGED, "damaged-data"},
    {IMG_WARN_CHECKSUM, "wrong-checksum"},
    {IMG_WARN_CMYK, "cmyk-converted"},
    {IMG_WARN_CMYK_PROFILE, "cmyk-profile-ignored"},
    {IMG_WARN_PROFILE_DROPPED, "profile-dropped"},
    {IMG_WARN_PROFILE_UNKNOWN, "profile-not-converted"},
    {IMG_WARN_METADATA, "metadata-skipped"},
    {IMG_WARN_HDR, "hdr-transfer"},
};

void img_describe_warnings(unsigned warnings, struct img_described *d, struct imgjob_result *r) {
    buf_clear(&d->warnings);
    for (size_t i = 0; i < ARRAY_LEN(words); i++) {
        if (!(warnings & words[i].bit))
            continue;
        if (d->warnings.len)
            buf_char(&d->warnings, ',');
        buf_c(&d->warnings, words[i].word);
    }
    r->warnings = buf_view(&d->warnings);
}
