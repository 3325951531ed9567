#pragma once
/* img/describe: what is known of a picture, as the fields of the result (imgjob/fields.def). Pure. */
#include "img/look.h"
#include "img/meta.h"
#include "imgjob/imgjob.h"

/* The texts of a result that nobody else has. */
struct img_described {
    char phash[17], dominant[8];
    struct buf warnings;
};
void img_described_deinit(struct img_described *d);

/* From the file's head and its metadata; texts are views of both. Width and height become the upright ones. */
void img_describe(const struct img_head *head, const struct img_meta *meta, bool keep_gps,
                  struct imgjob_result *result);
/* What it looks like; texts are views of look and d. */
void img_describe_look(const struct img_look *look, struct img_described *d,
                       struct imgjob_result *result);
/* The words of these bits (enum img_warning), comma-separated, in the order of the bits; kept in d. */
void img_describe_warnings(unsigned warnings, struct img_described *d,
                           struct imgjob_result *result);
