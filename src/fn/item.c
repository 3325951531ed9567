/* fn/item: writes the row of an image member by member, and reads the derivatives of a row back. */
#include "fn/item.h"

#include "base/clock.h"

#include <math.h>
#include <stdio.h>

void fn_image_init(struct fn_image *image, const struct fn_record *record) {
    *image = (struct fn_image){.record = record,
                               .size = record->size > 0 ? (uint64_t)record->size : 0,
                               .result = imgjob_result_none()};
}

void fn_image_deinit(struct fn_image *image) {
    buf_deinit(&image->type);
    buf_deinit(&image->text);
}

static void put(json_t *map, const char *name, const char *type, json_t *value) {
    json_set(map, name, json_pack("{s:o}", type, value));
}

/* Empty texts are left out: an attribute that is there means something. */
static void put_text(json_t *map, const char *name, str text) {
    if (text.len > 0)
        put(map, name, "S", json_of_str(text));
}

static void put_number(json_t *map, const char *name, double value) {
    char text[32];
    snprintf(text, sizeof text, "%.15g", value);
    put(map, name, "N", json_string(text));
}

static void put_bool(json_t *map, const char *name, bool value) {
    put(map, name, "BOOL", json_boolean(value));
}

/* The specification's nine come first. */
static void put_upload(json_t *item, const struct fn_image *image, int64_t now_ms) {
    const struct fn_record *r = image->record;
    int64_t uploaded_s = r->time_ms / 1000;
    char date[CLOCK_ISO_MAX];
    put_text(item, "ImageId", str_c(r->image_id));
    put_text(item, "BucketName", r->bucket);
    put_text(item, "ObjectKey", r->key);
    put_number(item, "FileSize", (double)image->size);
    put_text(item, "ContentType",
             image->content_type.len ? image->content_type : S("application/octet-stream"));
    put_number(item, "UploadTimestamp", (double)uploaded_s);
    put_text(item, "UploadDate", str_c(clock_iso8601_ms(date, r->time_ms)));
    put_text(item, "ProcessedAt", str_c(clock_iso8601_ms(date, now_ms)));
    put_text(item, "Status", str_c(image->status));
    put_text(item, "VersionId", r->version_id);
    put_text(item, "ETag", r->etag);
    put_text(item, "Sequencer", str_c(r->sequencer));
    put_text(item, "UploadDay", str_c(clock_day(date, r->time_ms)));
}

/* ---- What the worker says: a writer for each kind of imgjob/fields.def ---- */

static void put_field_text(json_t *item, const char *name, const void *at) {
    put_text(item, name, *(const str *)at);
}
static void put_field_number(json_t *item, const char *name, const void *at) {
    double value = *(const double *)at;
    if (!isnan(value))
        put_number(item, name, value);
}
static void put_field_count(json_t *item, const char *name, const void *at) {
    uint64_t value = *(const uint64_t *)at;
    if (value)
        put_number(item, name, (double)value);
}
static void put_field_flag(json_t *item, const char *name, const void *at) {
    if (*(const bool *)at)
        put_bool(item, name, true);
}

static void put_picture(json_t *item, const struct imgjob_result *result) {
    static void (*const put_kind[])(json_t * item, const char *name, const void *at) = {
        [IMGJOB_KIND_TEXT] = put_field_text,
        [IMGJOB_KIND_NUMBER] = put_field_number,
        [IMGJOB_KIND_COUNT] = put_field_count,
        [IMGJOB_KIND_FLAG] = put_field_flag,
    };
    for (size_t i = 0; i < imgjob_n_fields; i++) {
        const struct imgjob_field *field = &imgjob_fields[i];
        put_kind[field->kind](item, field->attribute, (const char *)result + field->at);
    }
}

static void put_derivatives(json_t *item, const struct fn_image *image, const char *bucket) {
    json_t *list = json_array();
    for (size_t i = 0; i < IMGJOB_MAX_DERIVATIVES; i++) {
        const struct fn_stored *d = &image->stored[i];
        if (!d->name)
            continue;
        json_t *map = json_object();
        put_text(map, "Name", str_c(d->name));
        put_text(map, "Bucket", str_c(bucket));
        put_text(map, "Key", str_c(d->key));
        put_number(map, "Width", d->width);
        put_number(map, "Height", d->height);
        put_number(map, "FileSize", (double)d->size);
        json_array_append_new(list, json_pack("{s:o}", "M", map));
    }
    put(item, "Derivatives", "L", list);
}

json_t *fn_item_new(const struct fn_image *image, const char *derivatives_bucket, int64_t now_ms) {
    json_t *item = json_object();
    put_upload(item, image, now_ms);
    put_picture(item, &image->result);
    put_text(item, "Sha256", str_c(image->sha256));
    put_derivatives(item, image, derivatives_bucket);
    put_text(item, "Reason", str_c(image->reason));
    put_number(item, "DurationMs", (double)(int64_t)(image->ms * 100) / 100);
    return item;
}

size_t fn_item_derivatives(const json_t *item, struct arena *arena,
                           str ret_keys[IMGJOB_MAX_DERIVATIVES]) {
    const json_t *list = json_arr(json_obj(item, "Derivatives"), "L");
    size_t n = 0;
    for (size_t i = 0; i < json_array_size(list) && n < IMGJOB_MAX_DERIVATIVES; i++) {
        str key = json_str(json_obj(json_obj(json_array_get(list, i), "M"), "Key"), "S");
        if (key.len)
            ret_keys[n++] = arena_str(arena, key);
    }
    return n;
}
