/* img/kind: what is called what, by content. */
#include "cm.h"
#include "meta_builder.h"

#include "img/kind.h"

#define FTYP(major, more)                                                                          \
    "\0\0\0\x1C"                                                                                   \
    "ftyp" major "\0\0\0\0" more

static void kinds(void **state) {
    (void)state;
    static const struct {
        const char *want, *article;
        str file;
    } cases[] = {
        {"jpeg", "a JPEG picture", S_INIT("\xFF\xD8\xFF\xE0\0\x10JFIF")},
        {"png", "a PNG picture", S_INIT("\x89PNG\r\n\x1A\n\0\0\0\rIHDR")},
        {"png", "a PNG picture that was changed as if it were text",
         S_INIT("\x89PNG\n\x1A\n\0\0\0\nIHDR")},
        {"mangled", "a binary file that was changed as if it were text",
         S_INIT("\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\0\x10JFIF")},
        {"heic", "an HEIC picture", S_INIT(FTYP("heic", "mif1heic"))},
        {"heic", "an HEIC picture", S_INIT(FTYP("heix", "mif1"))},
        {"heic", "an HEIC picture", S_INIT(FTYP("heim", "mif1"))},
        {"heic", "an HEIC picture", S_INIT(FTYP("heis", "mif1"))},
        {"heic", "a sequence of HEIC pictures", S_INIT(FTYP("hevc", "msf1"))},
        {"heic", "a sequence of HEIC pictures", S_INIT(FTYP("hevx", "msf1"))},
        {"heic", "an HEIC picture", S_INIT(FTYP("mif1", "mif1heic"))},
        {"heic", "a sequence of HEIC pictures", S_INIT(FTYP("msf1", "hevcmif1"))},
        {"avif", "an AVIF picture", S_INIT(FTYP("avif", "mif1"))},
        {"avif", "a sequence of AVIF pictures", S_INIT(FTYP("avis", "msf1"))},
        {"avif", "an AVIF picture", S_INIT(FTYP("mif1", "miafavif"))},
        {"heif", "an HEIF picture", S_INIT(FTYP("mif1", "mif1miaf"))},
        {"heif", "an HEIF picture",
         S_INIT(FTYP("mif1", "miafmif1msf1avif"))}, /* avif stands behind the box */
        {"heif", "a sequence of HEIF pictures", S_INIT(FTYP("msf1", "msf1"))},
        {"cr3", "a raw picture of a Canon camera (CR3)", S_INIT(FTYP("crx ", "isom"))},
        {"mp4", "an MP4 video", S_INIT(FTYP("isom", "avc1"))},
        {"mp4", "an MP4 video", S_INIT(FTYP("mp42", "isom"))},
        {"mov", "a QuickTime video", S_INIT(FTYP("qt  ", "qt  "))},
        {"m4a", "an MPEG-4 sound", S_INIT(FTYP("M4A ", "mp42"))},
        {"3gp", "a 3GPP video", S_INIT(FTYP("3gp5", "isom"))},
        {"heic", "an HEIC picture", S_INIT("\0\0\0\1ftyp\0\0\0\0\0\0\0\x18heic\0\0\0\0")},
        {"mov", "a QuickTime video", S_INIT("\0\0\0\x6Cmoov\0\0\0\x64mvhd")},
        {"mov", "a QuickTime video", S_INIT("\0\x20\0\0mdat")},
        {"mov", "a QuickTime video", S_INIT("\0\0\0\x08wide\0\0\0\0mdat")},
        {"mov", "a QuickTime video",
         S_INIT("\0\0\0\x08"
                "free\0\0\0\0mdat")},
        {"gif", "a GIF picture", S_INIT("GIF89a\1\0\1\0")},
        {"gif", "a GIF picture", S_INIT("GIF87a\1\0\1\0")},
        {"webp", "a WebP picture", S_INIT("RIFF\x24\0\0\0WEBPVP8 ")},
        {"avi", "an AVI video", S_INIT("RIFF\x24\0\0\0AVI LIST")},
        {"wav", "a WAV sound", S_INIT("RIFF\x24\0\0\0WAVEfmt ")},
        {"jxl", "a JPEG XL picture", S_INIT("\xFF\x0A\xFA\x1F")},
        {"jxl", "a JPEG XL picture",
         S_INIT("\0\0\0\x0CJXL \r\n\x87\n\0\0\0\x14"
                "ftypjxl ")},
        {"jp2", "a JPEG 2000 picture",
         S_INIT("\0\0\0\x0CjP  \r\n\x87\n\0\0\0\x14"
                "ftypjp2 ")},
        {"jp2", "a JPEG 2000 picture", S_INIT("\xFF\x4F\xFF\x51\0\x2F")},
        {"jls", "a JPEG-LS picture", S_INIT("\xFF\xD8\xFF\xF7\0\x0B")},
        {"bigtiff", "a BigTIFF picture", S_INIT("II+\0\10\0\0\0")},
        {"bigtiff", "a BigTIFF picture", S_INIT("MM\0+\0\10\0\0")},
        {"bmp", "a BMP picture", S_INIT("BM\x46\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0")},
        {"psd", "a Photoshop document (PSD)", S_INIT("8BPS\0\1\0\0\0\0\0\0")},
        {"ico", "an icon (ICO)", S_INIT("\0\0\1\0\1\0\x10\x10\0\0\1\0\x20\0\x68\4\0\0\x16\0\0\0")},
        {"cur", "a mouse cursor (CUR)",
         S_INIT("\0\0\2\0\1\0\x10\x10\0\0\1\0\x20\0\x68\4\0\0\x16\0\0\0")},
        {"pnm", "a PNM picture", S_INIT("P6\n1 1\n255\n\0\0\0")},
        {"crw", "a raw picture of a Canon camera (CRW)", S_INIT("II\x1A\0\0\0HEAPCCDR\2\0")},
        {"raf", "a raw picture of a Fujifilm camera (RAF)", S_INIT("FUJIFILMCCD-RAW 0201")},
        {"orf", "a raw picture of an Olympus camera (ORF)", S_INIT("IIRO\10\0\0\0")},
        {"orf", "a raw picture of an Olympus camera (ORF)", S_INIT("IIRS\10\0\0\0")},
        {"rw2", "a raw picture of a Panasonic camera (RW2)", S_INIT("IIU\0\x18\0\0\0")},
        {"cr2", "a raw picture of a Canon camera (CR2)", S_INIT("II*\0\x10\0\0\0CR\2\0")},
        {"iiq", "a raw picture of a Phase One camera (IIQ)", S_INIT("II*\0\x10\0\0\0IIII")},
        {"iiq", "a raw picture of a Phase One camera (IIQ)", S_INIT("MM\0*\0\0\0\x10MMMM")},
        {"pnm", "a PNM picture", S_INIT("P1 # made by hand")},
        {"pnm", "a PNM picture", S_INIT("P7\nWIDTH 1")},
        {"exe", "a Windows program", S_INIT("MZ\x90\0\3\0\0\0\x40\0\0\0PE\0\0")},
        {"exe", "a Windows program", S_INIT("MZ\x90\0This program cannot be run in DOS mode.")},
        {"webm", "a WebM video", S_INIT("\x1A\x45\xDF\xA3\x9F\x42\x86\x81\1\x42\x82\x84webm")},
        {"mkv", "a Matroska video",
         S_INIT("\x1A\x45\xDF\xA3\x9F\x42\x86\x81\1\x42\x82\x88matroska")},
        {"ogg", "an Ogg file", S_INIT("OggS\0\2")},
        {"mp3", "an MP3 sound", S_INIT("ID3\4\0\0")},
        {"mp3", "an MP3 sound", S_INIT("\xFF\xFB\x90\x64\0\0")},
        {"pdf", "a PDF document", S_INIT("%PDF-1.7\n%\xE2\xE3\xCF\xD3")},
        {"zip", "a zip archive", S_INIT("PK\3\4\x14\0")},
        {"gzip", "a gzip file", S_INIT("\x1F\x8B\10\0")},
        {"elf", "a Linux program",
         S_INIT("\x7F"
                "ELF\2\1\1\0")},
        {"appledouble", "what macOS leaves beside a file (AppleDouble)",
         S_INIT("\0\5\x16\7\0\2\0\0Mac OS X")},
        {"blank", "a file that begins with nothing but zeros",
         S_INIT("\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0")},
        {"svg", "an SVG picture", S_INIT("<svg xmlns='http://www.w3.org/2000/svg'/>")},
        {"svg", "an SVG picture",
         S_INIT("\xEF\xBB\xBF<?xml version='1.0'?>\n<!-- made by <svg> -->\n<svg width='1'>")},
        {"svg", "an SVG picture",
         S_INIT(
             "<?xml version='1.0'?><!DOCTYPE svg PUBLIC '-//W3C//DTD SVG 1.1//EN' 'x.dtd' [<!ENTITY a 'b>c'>]>\n<svg>")},
        {"svg", "an SVG picture", S_INIT("<svg:svg xmlns:svg='http://www.w3.org/2000/svg'>")},
        {"xml", "an XML document",
         S_INIT("<?xml version='1.0'?><Error><Code>AccessDenied</Code></Error>")},
        {"xml", "an XML document", S_INIT("<?xml version='1.0'?><!-- <svg> -->")},
        {"html", "an HTML page", S_INIT("<!DOCTYPE html>\n<html><svg></svg>")},
        {"html", "an HTML page", S_INIT("\n<HTML>")},
        {"json", "a JSON document", S_INIT("{\n  \"error\": \"no such picture\"}")},
        {"json", "a JSON document", S_INIT("{\"a\":1}")},
        {"json", "a JSON document", S_INIT("[]")},
        {"json", "a JSON document", S_INIT("[{\"a\": 1}]")},
        {"data-url", "a picture written as a data: URL",
         S_INIT("data:image/jpeg;base64,/9j/4AAQSkZJRg==")},
        {"base64", "a JPEG picture written in Base64", S_INIT("/9j/4AAQSkZJRgABAQAAAQ")},
        {"base64", "a PNG picture written in Base64", S_INIT("iVBORw0KGgoAAAANSUhEUg")},
        {"form", "a web form's upload with its headers",
         S_INIT(
             "------WebKitFormBoundary7MA4\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nx")},
        {"text", NULL, S_INIT("Just a text, with \xC3\xA9.\n")},
        {"text", NULL, S_INIT("A text of Latin-1: caf\xE9.\r\n")},
        {"text", NULL, S_INIT("BMW makes cars, and 14 more words of text follow it here.")},
        {"text", NULL, S_INIT("P1 is a plan")},
        {"text", NULL, S_INIT("The free software of this page")},
        {"text", NULL, S_INIT("{not JSON}")},
        {"text", NULL, S_INIT("< 3")},
        {"text", NULL, S_INIT("\xFF\xFEh\0i\0")},
        {NULL, NULL, S_INIT("")},
        {NULL, NULL, S_INIT("\xFF")},
        {NULL, NULL, S_INIT("\0\0\1\0\0\0\x10\x10\0\0\1\0\x20\0\x68\4\0\0\x16\0\0\0")},
        {NULL, NULL, S_INIT("\0\0\1\0\1\0\x10\x10\0\7\1\0\x20\0\x68\4\0\0\x16\0\0\0")},
        {NULL, NULL, S_INIT("MZ\x90\0\3\0\0\0")},
        {NULL, NULL, S_INIT("\xFF\xD8")},
        {NULL, NULL, S_INIT("RIFF\x24\0\0\0XXXX")},
        {NULL, NULL, S_INIT("text and \0 more")},
        {NULL, NULL, S_INIT("\x80\x81\x82\x83")},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        bool text = false;
        CLEANUP_MEM char *exact = mem_alloc(cases[i].file.len);
        memcpy(exact, cases[i].file.p, cases[i].file.len);
        const struct img_kind *kind = img_kind_of(str_n(exact, cases[i].file.len), &text);
        const char *got = kind ? kind->name : text ? "text" : NULL;
        if (got != cases[i].want && (!got || !cases[i].want || strcmp(got, cases[i].want) != 0))
            print_error("row %zu\n", i);
        CHECK_TEXT(got, cases[i].want);
        CHECK_TEXT(kind ? kind->article : NULL, cases[i].article);
        if (kind)
            CHECK(!text);
    }
}

/* The first 4096 bytes decide, and a character that stands across their end is one. */
static void long_texts(void **state) {
    (void)state;
    for (size_t n = 4094; n < 4098; n++) {
        CLEANUP_DEINIT(buf) struct buf b = {0};
        bool text = false;
        while (b.len < n)
            buf_char(&b, 'x');
        while (b.len < 6000)
            buf_c(&b, "\xE2\x82\xAC");
        CHECK(!img_kind_of(buf_view(&b), &text));
        CHECK(text);
        memset(b.p, 0x80, 1);
        CHECK(!img_kind_of(buf_view(&b), &text));
        CHECK(!text);
    }
    CLEANUP_DEINIT(buf) struct buf greek = {0};
    bool text = false;
    while (greek.len < 6001)
        buf_c(&greek, "\xCE\xB1\xE2\x82\xAC");
    CHECK(!img_kind_of(buf_view(&greek), &text));
    CHECK(text);
}

static void decoders(void **state) {
    (void)state;
    bool text;
    CHECK(img_kind_of(S("\xFF\xD8\xFF\xE0"), &text)->decoder == &img_jpeg_decoder);
    CHECK(img_kind_of(S("\x89PNG\r\n\x1A\n"), &text)->decoder == &img_png_decoder);
    CHECK(!img_kind_of(S("GIF89a"), &text)->decoder);
}

/* A raw picture and a TIFF that was made of one both name the camera. */
static void raw_pictures_in_tiff(void **state) {
    (void)state;
    enum { SUBFILE = 254, COMPRESSION = 259, MAKE = 271, STRIPS = 273, DNG = 50706 };
    static const struct {
        const char *want;
        struct field main[4];
    } cases[] = {
        {"tiff",
         {TEXT(MAKE, "NIKON CORPORATION"), NUMBER(COMPRESSION, 3, 5), NUMBER(STRIPS, 4, 300)}},
        {"tiff", {NUMBER(SUBFILE, 4, 1), NUMBER(COMPRESSION, 3, 1)}},
        {"tiff", {TEXT(MAKE, "SONY"), NUMBER(COMPRESSION, 3, 32946), NUMBER(STRIPS, 4, 300)}},
        {"tiff", {TEXT(MAKE, "Unknown"), NUMBER(COMPRESSION, 3, 34713)}},
        {"nef", {NUMBER(SUBFILE, 4, 1), TEXT(MAKE, "NIKON CORPORATION"), NUMBER(STRIPS, 4, 300)}},
        {"nef", {TEXT(MAKE, "Nikon"), NUMBER(COMPRESSION, 3, 34713), NUMBER(STRIPS, 4, 300)}},
        {"nef", {TEXT(MAKE, "NIKON CORPORATION")}},
        {"arw", {NUMBER(SUBFILE, 4, 1), TEXT(MAKE, "SONY"), NUMBER(STRIPS, 4, 300)}},
        {"pef",
         {TEXT(MAKE, "PENTAX Corporation"), NUMBER(COMPRESSION, 3, 65535), NUMBER(STRIPS, 4, 300)}},
        {"srw", {NUMBER(SUBFILE, 4, 1), TEXT(MAKE, "SAMSUNG"), NUMBER(STRIPS, 4, 300)}},
        {"dng",
         {BYTES(DNG, 1, "\1\4\0\0"), TEXT(MAKE, "NIKON CORPORATION"), NUMBER(STRIPS, 4, 300)}},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        for (int big = 0; big < 2; big++) {
            bool text;
            CLEANUP_DEINIT(buf) struct buf b = build_exif(big, cases[i].main, NULL, NULL);
            CHECK_TEXT(img_kind_of(buf_view(&b), &text)->name, cases[i].want);
            for (size_t n = 0; n < b.len; n++) /* any prefix: no crash */
                (void)img_kind_of(str_slice(buf_view(&b), 0, n), &text);
        }
    static const struct field leica[] = {TEXT(MAKE, "LEICA CAMERA AG"), {0}};
    CLEANUP_DEINIT(buf) struct buf b = build_exif(false, leica, NULL, NULL);
    memcpy(b.p, "IIU", 3);
    bool text;
    CHECK_TEXT(img_kind_of(buf_view(&b), &text)->name, "rwl");
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(kinds), cmocka_unit_test(long_texts),
                                       cmocka_unit_test(decoders),
                                       cmocka_unit_test(raw_pictures_in_tiff)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
