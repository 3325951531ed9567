/* img/jpeg: JPEG decoding and encoding by libjpeg-turbo; errors leave the library by longjmp. */
#include "img/jpeg.h"

#include <setjmp.h>
#include <stdio.h>
/* jpeglib.h needs stdio.h's FILE and size_t before it. */
#include <jerror.h>
#include <jpeglib.h>

enum { MAX_SCANS = 120, EXIF_MARKER = JPEG_APP0 + 1, ICC_MARKER = JPEG_APP0 + 2 };

struct reader {
    struct jpeg_decompress_struct cinfo;
    struct jpeg_error_mgr errors;
    struct jpeg_progress_mgr progress;
    jmp_buf out;
    struct img_decoded *to;
    const struct img_limits *limits;
    bool at_end; /* the decoder asked for more bytes than there are */
    bool too_many_scans;
};

static struct reader *reader_of(j_common_ptr cinfo) { return cinfo->client_data; }

static void on_error(j_common_ptr cinfo) { longjmp(reader_of(cinfo)->out, 1); }

static void on_message(j_common_ptr cinfo, int level) {
    if (level >= 0)
        return; /* trace */
    struct reader *r = reader_of(cinfo);
    cinfo->err->num_warnings++;
    if (cinfo->err->msg_code == JWRN_JPEG_EOF)
        r->at_end = true;
    else if (cinfo->err->msg_code != JWRN_HIT_MARKER)
        r->to->damaged = true;
}

/*
 * A progressive file may repeat tiny scans for ever: each one costs a pass over the whole picture.
 */
static void on_progress(j_common_ptr cinfo) {
    struct reader *r = reader_of(cinfo);
    if (r->cinfo.input_scan_number > MAX_SCANS) {
        r->too_many_scans = true;
        longjmp(r->out, 1);
    }
}

/* The Exif marker begins "Exif\0\0"; the TIFF structure follows. The first one counts. */
static void take_exif(const struct jpeg_decompress_struct *cinfo, struct buf *exif) {
    static const str prefix = S_INIT("Exif\0\0");
    for (jpeg_saved_marker_ptr m = cinfo->marker_list; m; m = m->next) {
        str data = str_n(m->data, m->data_length);
        if (m->marker == EXIF_MARKER && str_starts(data, prefix)) {
            buf_str(exif, str_skip(data, prefix.len));
            return;
        }
    }
}

static void take_icc(struct jpeg_decompress_struct *cinfo, struct buf *icc) {
    JOCTET *profile = NULL;
    unsigned length = 0;
    if (jpeg_read_icc_profile(cinfo, &profile, &length) && length <= IMG_ICC_MAX)
        buf_add(icc, profile, length);
    free(profile);
}

static const char *space_name(J_COLOR_SPACE space) {
    switch (space) {
    case JCS_GRAYSCALE: return "Gray";
    case JCS_RGB: return "RGB";
    case JCS_CMYK:
    case JCS_YCCK: return "CMYK";
    default: return "YCbCr";
    }
}

static void choose_output(struct jpeg_decompress_struct *cinfo, uint32_t least_edge) {
    cinfo->out_color_space = cinfo->num_components == 1   ? JCS_GRAYSCALE
                             : cinfo->num_components == 4 ? JCS_CMYK
                                                          : JCS_RGB;
    uint32_t edge =
        cinfo->image_width > cinfo->image_height ? cinfo->image_width : cinfo->image_height;
    unsigned reduce = 8;
    while (reduce > 1 && (edge + reduce - 1) / reduce < least_edge)
        reduce /= 2;
    cinfo->scale_num = 1;
    cinfo->scale_denom = reduce;
    cinfo->dct_method = JDCT_ISLOW;
}

/*
 * Adobe's CMYK is stored inverted: a channel of 255 is no ink. Without its profile, the plain
 * product.
 */
static void cmyk_to_rgb(uint8_t *to, const uint8_t *from, uint32_t width, bool inverted) {
    for (uint32_t x = 0; x < width; x++, from += 4, to += 3)
        for (int c = 0; c < 3; c++) {
            unsigned ink = inverted ? from[c] : 255u - from[c];
            unsigned key = inverted ? from[3] : 255u - from[3];
            to[c] = (uint8_t)((ink * key + 127) / 255);
        }
}

static void read_rows(struct reader *r) {
    struct jpeg_decompress_struct *cinfo = &r->cinfo;
    bool cmyk = cinfo->out_color_space == JCS_CMYK;
    unsigned channels = cmyk ? 3 : (unsigned)cinfo->out_color_components;
    struct img_raster *raster = &r->to->raster;
    img_raster_init(raster, cinfo->output_width, cinfo->output_height, channels);
    JSAMPARRAY line = NULL;
    if (cmyk)
        line =
            cinfo->mem->alloc_sarray((j_common_ptr)cinfo, JPOOL_IMAGE, cinfo->output_width * 4, 1);
    while (cinfo->output_scanline < cinfo->output_height) {
        uint8_t *row = raster->px + (size_t)cinfo->output_scanline * img_row_bytes(raster);
        jpeg_read_scanlines(cinfo, cmyk ? line : &row, 1);
        if (cmyk)
            cmyk_to_rgb(row, line[0], cinfo->output_width, cinfo->saw_Adobe_marker);
    }
}

static int reject(struct img_decoded *to, const char *text) {
    snprintf(to->reason, sizeof to->reason, "%s", text);
    return IMG_E_REJECTED;
}

/* Everything that may longjmp. */
static int decode_steps(struct reader *r, str file) {
    struct jpeg_decompress_struct *cinfo = &r->cinfo;
    struct img_decoded *to = r->to;
    jpeg_mem_src(cinfo, (const unsigned char *)file.p, file.len);
    jpeg_save_markers(cinfo, EXIF_MARKER, IMG_MARKER_MAX);
    jpeg_save_markers(cinfo, ICC_MARKER, IMG_MARKER_MAX);
    jpeg_read_header(cinfo, TRUE);

    to->width = cinfo->image_width;
    to->height = cinfo->image_height;
    to->bit_depth = (unsigned)cinfo->data_precision;
    to->color_space = space_name(cinfo->jpeg_color_space);
    to->from_cmyk = cinfo->num_components == 4;
    if ((uint64_t)to->width * to->height > r->limits->max_pixels) {
        snprintf(to->reason, sizeof to->reason,
                 "The picture claims %u x %u pixels; the limit is %llu pixels", to->width,
                 to->height, (unsigned long long)r->limits->max_pixels);
        return IMG_E_REJECTED;
    }
    if (cinfo->src->bytes_in_buffer == 0 || r->at_end)
        return reject(to, "The JPEG ends before its first scan: there is no picture data");
    take_exif(cinfo, &to->exif);
    if (cinfo->num_components != 4)
        take_icc(cinfo, &to->icc);
    choose_output(cinfo, r->limits->least_edge);
    jpeg_start_decompress(cinfo);
    read_rows(r);
    to->truncated = r->at_end;
    return 0;
}

/* libjpeg's words, or ours where a user would not understand them. */
static int explain(struct reader *r) {
    struct img_decoded *to = r->to;
    char text[JMSG_LENGTH_MAX];
    if (r->too_many_scans)
        return reject(to, "The progressive JPEG has more than 120 scans");
    if (r->errors.msg_code == JERR_NO_IMAGE || (r->at_end && to->width == 0))
        return reject(to, "The JPEG ends before its first scan: there is no picture data");
    r->errors.format_message((j_common_ptr)&r->cinfo, text);
    snprintf(to->reason, sizeof to->reason, "The JPEG cannot be decoded: %.150s", text);
    return IMG_E_REJECTED;
}

int img_jpeg_decode(str file, const struct img_limits *limits, struct img_decoded *ret) {
    /* On the heap: what setjmp's frame holds is unspecified after longjmp. */
    struct reader *r = mem_new(struct reader);
    r->to = ret;
    r->limits = limits;
    r->cinfo.err = jpeg_std_error(&r->errors);
    r->errors.error_exit = on_error;
    r->errors.emit_message = on_message;
    r->cinfo.client_data = r;
    r->progress.progress_monitor = on_progress;

    int result;
    if (setjmp(r->out) == 0) {
        jpeg_create_decompress(&r->cinfo);
        r->cinfo.progress = &r->progress;
        result = decode_steps(r, file);
    } else {
        result = explain(r);
    }
    jpeg_destroy_decompress(&r->cinfo);
    free(r);
    return result;
}

/* Our own pixels: an error here is ours, and the worker dies of it (libjpeg's default exits). */
void img_jpeg_encode(const struct img_raster *raster, unsigned quality, str icc, struct buf *out) {
    struct jpeg_compress_struct cinfo;
    struct jpeg_error_mgr errors;
    unsigned char *bytes = NULL;
    unsigned long size = 0;
    cinfo.err = jpeg_std_error(&errors);
    jpeg_create_compress(&cinfo);
    jpeg_mem_dest(&cinfo, &bytes, &size);
    cinfo.image_width = raster->width;
    cinfo.image_height = raster->height;
    cinfo.input_components = (int)raster->channels;
    cinfo.in_color_space = raster->channels == 1 ? JCS_GRAYSCALE : JCS_RGB;
    jpeg_set_defaults(&cinfo);
    jpeg_set_quality(&cinfo, (int)quality, TRUE);
    jpeg_start_compress(&cinfo, TRUE);
    if (icc.len > 0)
        jpeg_write_icc_profile(&cinfo, (const JOCTET *)icc.p, (unsigned)icc.len);
    while (cinfo.next_scanline < cinfo.image_height) {
        JSAMPROW row = raster->px + (size_t)cinfo.next_scanline * img_row_bytes(raster);
        jpeg_write_scanlines(&cinfo, &row, 1);
    }
    jpeg_finish_compress(&cinfo);
    jpeg_destroy_compress(&cinfo);
    buf_add(out, bytes, size);
    free(bytes);
}
