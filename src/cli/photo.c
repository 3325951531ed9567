/* cli/photo: shows the item of a photograph as a row for people. */
#include "cli/photo.h"

#include "cli/cloud.h"

#include <stdio.h>
#include <unistd.h>

enum {
    FILE_COL,
    STATUS_COL,
    FORMAT_COL,
    SIZE_COL,
    CAMERA_COL,
    DERIVATIVES_COL,
    MS_COL,
    REASON_COL,
    N_COLS
};
enum { NAME_LEAST = 12, NAME_MOST = 40, GAP = 2 };

/* Leaves out what does not fit, the least important first. */
static void leave_out(struct cli_column *columns, unsigned have) {
    static const unsigned dispensable[] = {DERIVATIVES_COL, CAMERA_COL, FORMAT_COL, SIZE_COL,
                                           MS_COL};
    unsigned want = 0;
    for (size_t i = 0; i < REASON_COL; i++)
        want += columns[i].hidden ? 0 : columns[i].width + GAP;
    for (size_t i = 0; i < ARRAY_LEN(dispensable) && want > have + GAP; i++) {
        struct cli_column *col = &columns[dispensable[i]];
        want -= col->hidden ? 0 : col->width + GAP;
        col->hidden = true;
    }
}

void cli_photo_fit(struct cli_photo_table *table, size_t longest_name, bool with_ms,
                   unsigned columns) {
    size_t most = columns && columns / 3 < NAME_MOST ? columns / 3 : NAME_MOST;
    size_t name = longest_name < most ? longest_name : most;
    *table = (struct cli_photo_table){
        .columns =
            {
                [FILE_COL] = {"file", name < NAME_LEAST ? NAME_LEAST : (unsigned)name, false,
                              false},
                [STATUS_COL] = {"status", 11, false, false},
                [FORMAT_COL] = {"format", 6, false, false},
                [SIZE_COL] = {"pixels", 13, true, false},
                [CAMERA_COL] = {"camera", 22, false, false},
                [DERIVATIVES_COL] = {"derivatives", 16, false, false},
                [MS_COL] = {"ms", 6, true, !with_ms},
                [REASON_COL] = {"", 0, false, false},
            },
        .with_ms = with_ms,
    };
    if (columns)
        leave_out(table->columns, columns);
}

void cli_photo_begin(struct cli_photo_table *table, size_t longest_name, bool with_ms) {
    cli_photo_fit(table, longest_name, with_ms, prog_columns(STDOUT_FILENO));
}

void cli_camera(const json_t *item, struct buf *out) {
    str make = cli_item_text(item, "Make"), model = cli_item_text(item, "Model"), first;
    str_cut(make, ' ', &first, &(str){0});
    if (make.len && !str_starts_nocase(model, first)) {
        buf_str(out, first);
        buf_c(out, model.len ? " " : "");
    }
    buf_str(out, model);
}

/* "1600 800 200": the names of what was made. */
static void add_derivatives(const json_t *item, struct buf *out) {
    const json_t *list = json_arr(json_obj(item, "Derivatives"), "L");
    for (size_t i = 0; i < json_array_size(list); i++) {
        str name = cli_item_text(json_obj(json_array_get(list, i), "M"), "Name");
        buf_printf(out, "%s" STR_FMT, i ? " " : "", STR_ARG(name));
    }
}

static enum prog_colour colour_of(str status) {
    return str_is(status, "processed") ? COLOUR_GOOD
           : str_is(status, "pending") ? COLOUR_PLAIN
                                       : COLOUR_BAD;
}

/* Why it was not processed, or what is to be said although it was. */
static void add_reason(const struct cli_photo *photo, struct buf *out) {
    str reason = cli_item_text(photo->item, "Reason"),
        warnings = cli_item_text(photo->item, "Warnings");
    buf_str(out, photo->item ? reason : photo->problem);
    if (json_bool(json_obj(photo->item, "Truncated"), "BOOL", false))
        buf_printf(out, "%struncated", out->len ? "; " : "");
    if (warnings.len && !reason.len) /* where there is a reason, it is said in words already */
        buf_printf(out, "%s" STR_FMT, out->len ? "; " : "", STR_ARG(warnings));
}

void cli_photo_row(struct cli_photo_table *table, const struct cli_photo *photo) {
    CLEANUP_DEINIT(buf) struct buf camera = {0}, derivatives = {0}, reason = {0}, pixels = {0};
    char ms[24] = "";
    str status = photo->item ? cli_item_text(photo->item, "Status") : S("-");
    str width = cli_item_text(photo->item, "Width"), height = cli_item_text(photo->item, "Height");
    if (width.len && height.len)
        buf_printf(&pixels, STR_FMT " × " STR_FMT, STR_ARG(width), STR_ARG(height));
    cli_camera(photo->item, &camera);
    add_derivatives(photo->item, &derivatives);
    add_reason(photo, &reason);
    if (table->with_ms && photo->ms >= 0)
        snprintf(ms, sizeof ms, "%lld", (long long)photo->ms);
    const str cells[N_COLS] = {
        [FILE_COL] = photo->file,
        [STATUS_COL] = status,
        [FORMAT_COL] = cli_item_text(photo->item, "Format"),
        [SIZE_COL] = buf_view(&pixels),
        [CAMERA_COL] = buf_view(&camera),
        [DERIVATIVES_COL] = buf_view(&derivatives),
        [MS_COL] = str_c(ms),
        [REASON_COL] = buf_view(&reason),
    };
    const enum prog_colour colours[N_COLS] = {[STATUS_COL] = colour_of(status)};
    if (!table->begun)
        cli_row_head(table->columns, N_COLS);
    table->begun = true;
    cli_row(table->columns, N_COLS, cells, colours);
}
