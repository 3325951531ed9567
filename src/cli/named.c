/* cli/named: finds the photograph of a name, its pictures, and fetches one. */
#include "cli/named.h"

#include "cli/output.h"
#include "prog/say.h"

#include <errno.h>

/* ---- Finding ---- */

void cli_named_deinit(struct cli_named *photo) {
    buf_deinit(&photo->key);
    json_decref(photo->item);
    *photo = (struct cli_named){0};
}

static int look_for_row(struct cli_named *photo, struct cli_cloud *cloud, struct err *err) {
    json_decref(STEAL(photo->item));
    int r = cli_image_get(cloud, buf_view(&photo->key), &photo->item, err);
    return r ? r : photo->item ? 0 : -ENOENT;
}

static int look_for_object(struct cli_named *photo, struct cli_cloud *cloud, struct err *err) {
    struct client_response response = {0};
    struct client_fault fault;
    struct client_object object = {.bucket = str_c(cloud->bucket), .key = buf_view(&photo->key)};
    int r = client_head_object(cloud->client, &object, &response, &fault);
    client_response_deinit(&response);
    if (r && fault.status == 404)
        return -ENOENT;
    return r ? cli_stack_fault(cloud, "s3:HeadObject", &fault, err) : 0;
}

int cli_named_find(struct cli_named *photo, struct cli_cloud *cloud, const char *name,
                   struct err *err) {
    static int (*const look[])(struct cli_named * photo, struct cli_cloud * cloud,
                               struct err * err) = {look_for_row, look_for_object};
    static const char *const prefixes[] = {"", "uploads/"};
    for (size_t k = 0; *name && k < ARRAY_LEN(prefixes); k++)
        for (size_t i = 0; i < ARRAY_LEN(look); i++) {
            struct err why = {0};
            buf_clear(&photo->key);
            buf_printf(&photo->key, "%s%s", prefixes[k], name);
            int r = look[i](photo, cloud, &why);
            if (r == 0)
                return 0;
            if (r != -ENOENT || why.text[0])
                return err_set(err, r, "%s", why.text);
        }
    return err_set(err, -ENOENT, "there is no photograph %s", name);
}

/* ---- Pictures ---- */

static void add_sizes(struct buf *out, const json_t *derivatives) {
    for (size_t i = 0; i < json_array_size(derivatives); i++)
        buf_printf(out, "%s" STR_FMT, i ? ", " : "",
                   STR_ARG(cli_item_text(json_obj(json_array_get(derivatives, i), "M"), "Name")));
}

static int no_such_size(const struct cli_named *photo, const char *size, struct err *err) {
    CLEANUP_DEINIT(buf) struct buf sizes = {0};
    add_sizes(&sizes, json_arr(json_obj(photo->item, "Derivatives"), "L"));
    str status = cli_item_text(photo->item, "Status");
    if (!photo->item)
        return err_set(err, -ENOENT, "%s has no size %s: it has no row yet", buf_cstr(&photo->key),
                       size);
    if (!sizes.len)
        return err_set(err, -ENOENT,
                       "%s has no size %s: it is " STR_FMT " (calotype show says why)",
                       buf_cstr(&photo->key), size, STR_ARG(status));
    return err_set(err, -ENOENT, "%s has no size %s; it has %s", buf_cstr(&photo->key), size,
                   buf_cstr(&sizes));
}

int cli_named_picture(struct cli_picture *ret, const struct cli_named *photo,
                      const struct cli_cloud *cloud, const char *size, struct err *err) {
    const json_t *derivatives = json_arr(json_obj(photo->item, "Derivatives"), "L");
    *ret = (struct cli_picture){.bucket = str_c(cloud->bucket),
                                .key = buf_view(&photo->key),
                                .size = size};
    if (!size)
        return 0;
    for (size_t i = 0; i < json_array_size(derivatives); i++) {
        const json_t *one = json_obj(json_array_get(derivatives, i), "M");
        if (!str_is(cli_item_text(one, "Name"), size))
            continue;
        ret->bucket = cli_item_text(one, "Bucket");
        ret->key = cli_item_text(one, "Key");
        return 0;
    }
    return no_such_size(photo, size, err);
}

/* What is behind the last '/', or behind the last '.' with it. */
static str behind(str text, char c) {
    ptrdiff_t at = str_rchr(text, c);
    return at < 0 ? STR_NONE : str_skip(text, (size_t)at + (c == '/'));
}

void cli_picture_add_name(struct buf *out, const struct cli_named *photo,
                          const struct cli_picture *picture) {
    str key = buf_view(&photo->key), name = behind(key, '/');
    name = name.p ? name : key;
    str suffix = behind(name, '.');
    if (!picture->size) {
        buf_str(out, name);
        return;
    }
    buf_printf(out, STR_FMT "-%s" STR_FMT, STR_ARG(str_slice(name, 0, name.len - suffix.len)),
               picture->size, STR_ARG(behind(picture->key, '.')));
}

/* ---- Fetching ---- */

struct fetch {
    struct cli_output out;
    const struct cli_picture *picture;
    uint64_t got;
    struct err *err;
};

static int take_bytes(void *ctx, const void *p, size_t n) {
    struct fetch *f = ctx;
    f->got += n;
    if (f->got >> 20 != (f->got - n) >> 20)
        prog_progress("%llu MiB of " STR_FMT, (unsigned long long)f->got >> 20,
                      STR_ARG(f->picture->key));
    return cli_output_write(&f->out, str_n(p, n), f->err);
}

int cli_picture_fetch(const struct cli_picture *picture, struct cli_cloud *cloud,
                      const char *output, bool replace, struct err *err) {
    struct fetch f = {.picture = picture, .err = err};
    struct client_object object = {.bucket = picture->bucket, .key = picture->key};
    struct client_response response = {0};
    struct client_fault fault;
    int r = cli_output_begin(&f.out, output, replace, err);
    if (r == 0) {
        r = client_get_object_to(cloud->client, &object, take_bytes, &f, &response, &fault);
        prog_progress_end();
        if (r == CLIENT_E_SINK)
            r = -EIO; /* cli_output_write has said why */
        else if (r)
            r = cli_stack_fault(cloud, "s3:GetObject", &fault, err);
    }
    r = r ? r : cli_output_end(&f.out, err);
    client_response_deinit(&response);
    cli_output_deinit(&f.out);
    return r;
}
