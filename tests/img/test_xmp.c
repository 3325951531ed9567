/* img/xmp: properties in every form that RDF has for them; packets that are broken, or that are made to cost. */
#include "meta_builder.h"

#include <sys/resource.h>

static void check_xmp(str packet, const char *want, const char *name) {
    const struct img_head head = {.xmp = packet};
    check_meta(&head, want, name);
}

#define ALT(property, items) "<" property "><rdf:Alt>" items "</rdf:Alt></" property ">"
#define SEQ(property, items) "<" property "><rdf:Seq>" items "</rdf:Seq></" property ">"
#define LI(text)             "<rdf:li>" text "</rdf:li>"
#define LANG(lang, text)     "<rdf:li xml:lang='" lang "'>" text "</rdf:li>"

static void properties(void **state) {
    (void)state;
    static const struct {
        const char *name;
        str packet;
        const char *want;
    } cases[] = {
        {"attributes",
         S_INIT(XMP("tiff:Make='Canon' tiff:Model='EOS' tiff:Orientation='6' aux:Lens='50mm'", "")),
         "orientation=6|make=Canon|model=EOS|lens=50mm|"},
        {"elements",
         S_INIT(XMP("", "<tiff:Make>Canon</tiff:Make><tiff:Orientation>8</tiff:Orientation>")),
         "orientation=8|make=Canon|"},
        {"the exposure",
         S_INIT(XMP("exif:ExposureTime='1/250' exif:FNumber='28/10' exif:FocalLength='50' ",
                    SEQ("exif:ISOSpeedRatings", LI("200") LI("400")))),
         "exposure=0.004|f=2.8|focal=50|iso=200|"},
        {"sensitivity of exifEX",
         S_INIT(
             XMP("exifEX:PhotographicSensitivity='640'", SEQ("exif:ISOSpeedRatings", LI("200")))),
         "iso=640|"},
        {"lens of exifEX", S_INIT(XMP("aux:Lens='old' exifEX:LensModel='new'", "")), "lens=new|"},
        {"orientations that are none", S_INIT(XMP("tiff:Orientation='9'", "")), ""},
        {"no orientation at all", S_INIT(XMP("tiff:Orientation='0'", "")), ""},
        {"numbers that are none",
         S_INIT(XMP(
             "exif:ExposureTime='1/0' exif:FNumber='inf' exif:FocalLength='nan' tiff:Orientation='nine'",
             "")),
         ""},
        {"the default caption",
         S_INIT(XMP("", ALT("dc:description", LANG("de", "Ein Berg") LANG("x-default", "A hill")
                                                  LANG("en", "Hill")))),
         "caption=A hill|"},
        {"no default caption",
         S_INIT(XMP("", ALT("dc:description", LANG("de", "Ein Berg") LANG("en", "Hill")))),
         "caption=Ein Berg|"},
        {"an empty default",
         S_INIT(XMP("", ALT("dc:description", LANG("x-default", "  ") LANG("en", "Hill")))),
         "caption=Hill|"},
        {"a plain caption", S_INIT(XMP("", "<dc:description>A hill</dc:description>")),
         "caption=A hill|"},
        {"rights", S_INIT(XMP("", ALT("dc:rights", LANG("x-default", "(c) Ada &amp; Bob")))),
         "copyright=(c) Ada & Bob|"},
        {"one creator", S_INIT(XMP("", SEQ("dc:creator", LI("Ada")))), "creator=Ada|"},
        {"two creators", S_INIT(XMP("", SEQ("dc:creator", LI("Ada") LI("Bob")))),
         "creator=Ada; Bob|"},
        {"hidden characters",
         S_INIT(XMP("", "<dc:description>a&#x202E;b&#x2066;c&#133;d&#10;e</dc:description>")),
         "caption=abcd e|"},
        {"two descriptions",
         S_INIT(
             XMP_OPEN
             "<rdf:Description xmlns:tiff='http://ns.adobe.com/tiff/1.0/' tiff:Make='one'/>"
             "<rdf:Description xmlns:tiff='http://ns.adobe.com/tiff/1.0/' tiff:Make='two' tiff:Model='three'/>" XMP_CLOSE),
         "make=one|model=three|"},
        {"other prefixes",
         S_INIT(
             "<r:RDF xmlns:r='http://www.w3.org/1999/02/22-rdf-syntax-ns#'><r:Description xmlns:a='http://ns.adobe.com/tiff/1.0/' a:Make='Canon'/></r:RDF>"),
         "make=Canon|"},
        {"no prefix",
         S_INIT(
             XMP_OPEN
             "<rdf:Description><Make xmlns='http://ns.adobe.com/tiff/1.0/'>Canon</Make></rdf:Description>" XMP_CLOSE),
         "make=Canon|"},
        {"another's prefix",
         S_INIT(XMP_OPEN
                "<rdf:Description xmlns:tiff='http://example.com/' tiff:Make='Canon'/>" XMP_CLOSE),
         ""},
        {"a prefix bound again",
         S_INIT(XMP(
             "",
             "<tiff:Make xmlns:tiff='http://example.com/'>no</tiff:Make><tiff:Model>yes</tiff:Model>")),
         "model=yes|"},
        {"a prefix out of its scope",
         S_INIT(
             XMP_OPEN
             "<rdf:Description xmlns:tiff='http://ns.adobe.com/tiff/1.0/'/><rdf:Description tiff:Make='no'/>" XMP_CLOSE),
         ""},
        {"inside of another property",
         S_INIT(XMP(
             "",
             "<xmp:Other rdf:parseType='Resource'><tiff:Make>no</tiff:Make></xmp:Other><xmp:Bag><rdf:Bag><rdf:li><rdf:Description tiff:Model='no'/></rdf:li></rdf:Bag></xmp:Bag>")),
         ""},
        {"outside of RDF",
         S_INIT("<x><tiff:Make xmlns:tiff='http://ns.adobe.com/tiff/1.0/'>no</tiff:Make></x>"), ""},
        {"Ultra HDR", S_INIT(XMP("hdrgm:Version='1.0'", "")), "gainmap|"},
        {"Ultra HDR as an element", S_INIT(XMP("", "<hdrgm:Version>1.0</hdrgm:Version>")),
         "gainmap|"},
        {"Apple's gain map",
         S_INIT(XMP(
             "xmlns:HDRGainMap='http://ns.apple.com/HDRGainMap/1.0/' HDRGainMap:HDRGainMapVersion='65536'",
             "")),
         "gainmap|"},
        {"bytes before", S_INIT("\0\0 \xEF\xBB\xBF" XMP("tiff:Make='Canon'", "")), "make=Canon|"},
        {"UTF-16", S_INIT("\xFE\xFF\0<\0a\0/\0>"), ""},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        check_xmp(cases[i].packet, cases[i].want, cases[i].name);
}

/* A packet in UTF-16 of either order, which its byte order mark tells. */
static void packets_in_utf16(void **state) {
    (void)state;
    static const str text = S_INIT(
        "<r:RDF xmlns:r='http://www.w3.org/1999/02/22-rdf-syntax-ns#'><r:Description xmlns:t='http://ns.adobe.com/tiff/1.0/' t:Make='Caf\xE9'/></r:RDF>");
    for (int big = 0; big < 2; big++) {
        CLEANUP_DEINIT(buf) struct buf b = {0};
        buf_str(&b, big ? S("\xFE\xFF") : S("\xFF\xFE"));
        for (size_t i = 0; i < text.len; i++) {
            const char pair[] = {text.p[i], 0, text.p[i]};
            buf_add(&b, pair + big, 2);
        }
        check_xmp(buf_view(&b), "make=Caf\xC3\xA9|", "UTF-16");
    }
}

static void dates(void **state) {
    (void)state;
    static const struct {
        const char *name;
        str packet;
        const char *want;
    } cases[] = {
        {"with its zone", S_INIT(XMP("exif:DateTimeOriginal='2026-11-22T04:56:59.12+01:00'", "")),
         "at=2026-11-22T04:56:59.12+01:00|"},
        {"the original first",
         S_INIT(XMP(
             "xmp:CreateDate='2026-01-01' photoshop:DateCreated='2026-01-02' exif:DateTimeOriginal='2026-01-03'",
             "")),
         "at=2026-01-03|"},
        {"then Photoshop's",
         S_INIT(XMP(
             "xmp:CreateDate='2026-01-01' photoshop:DateCreated='2026-01-02T10:00Z' exif:DateTimeOriginal='2026-02-30'",
             "")),
         "at=2026-01-02T10:00:00Z|"},
        {"then the digital one",
         S_INIT(XMP("xmp:CreateDate='2026-01-01T01:02:03' photoshop:DateCreated=''", "")),
         "at=2026-01-01T01:02:03|"},
        {"a year alone", S_INIT(XMP("photoshop:DateCreated='1950'", "")), ""},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        check_xmp(cases[i].packet, cases[i].want, cases[i].name);
}

static void places(void **state) {
    (void)state;
    static const struct {
        const char *latitude, *longitude, *more, *want;
    } cases[] = {
        {"33,30.6S", "151,12E", "", "place=-33.51,151.2|"},
        {"33,30,36N", "151,12,0W", "", "place=33.51,-151.2|"},
        {"33.51n", "151.2w", "", "place=33.51,-151.2|"},
        {"33,30.6", "151,12E", "", ""},
        {"-33.5", "151.2", "", ""},
        {"33,30.6S", "", "", ""},
        {"91,0N", "0,0E", "", ""},
        {"33,x,36N", "151,12,0W", "", ""},
        {"1,2,3,4N", "151,12,0W", "", ""},
        {"N", "E", "", ""},
        {"0,0N", "0,0E", "", ""},
        {"0,0N", "0,0E", "exif:GPSStatus='A'", "place=0,0|"},
        {"0,0N", "0,0E", "exif:GPSStatus='V' exif:GPSMeasureMode='3'", ""},
        {"0,0N", "0,0E", "exif:GPSMeasureMode='3'", "place=0,0|"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        CLEANUP_DEINIT(buf) struct buf b = {0};
        buf_printf(&b, XMP("exif:GPSLatitude='%s' exif:GPSLongitude='%s' %s", ""),
                   cases[i].latitude, cases[i].longitude, cases[i].more);
        check_xmp(buf_view(&b), cases[i].want, cases[i].latitude);
    }
}

/* ---- Broken packets, and packets that are made to cost ---- */

#define LAUGH(name, of)                                                                            \
    "<!ENTITY " name " '&" of ";&" of ";&" of ";&" of ";&" of ";&" of ";&" of ";&" of ";&" of      \
    ";&" of ";'>"

static void refused(void **state) {
    (void)state;
    static const struct {
        const char *name;
        str packet;
        const char *want;
    } cases[] = {
        {"a document type", S_INIT("<!DOCTYPE r [<!ENTITY a 'Canon'>]>" XMP("tiff:Make='&a;'", "")),
         ""},
        {"an external one",
         S_INIT("<!DOCTYPE r SYSTEM 'file:///etc/passwd'>" XMP("tiff:Make='Canon'", "")), ""},
        {"a billion laughs",
         S_INIT("<!DOCTYPE r [<!ENTITY a 'ha'>" LAUGH("b", "a") LAUGH("c", "b") LAUGH("d", "c")
                    LAUGH("e", "d") LAUGH("f", "e") LAUGH("g", "f") LAUGH("h", "g")
                        LAUGH("i", "h") "]>" XMP("", "<tiff:Make>&i;</tiff:Make>")),
         ""},
        {"an unknown entity", S_INIT(XMP("tiff:Make='Canon'", "<tiff:Model>&a;</tiff:Model>")),
         "make=Canon|"},
        {"what stands before an error",
         S_INIT(XMP("tiff:Make='Canon'", "<tiff:Model>EOS</tiff:Model><b></c>")),
         "make=Canon|model=EOS|"},
        {"bytes that are no UTF-8",
         S_INIT(XMP("tiff:Make='Canon'", "<tiff:Model>Caf\xE9</tiff:Model>")), "make=Canon|"},
        {"no XML", S_INIT("tiff:Make='Canon'"), ""},
        {"nothing", S_INIT(""), ""},
        {"one character", S_INIT("<"), ""},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        check_xmp(cases[i].packet, cases[i].want, cases[i].name);
}

static double cpu_ms(void) {
    struct rusage r;
    getrusage(RUSAGE_SELF, &r);
    return (double)(r.ru_utime.tv_sec + r.ru_stime.tv_sec) * 1e3 +
           (double)(r.ru_utime.tv_usec + r.ru_stime.tv_usec) / 1e3;
}

static void repeat(struct buf *b, const char *text, size_t bytes) {
    while (b->len < bytes)
        buf_c(b, text);
}

/* One megabyte each; the sanitizers' share is in the bound. What is larger than is looked at is warned of. */
static void costs_are_linear(void **state) {
    (void)state;
    enum { SIZE = 1 << 20, MOST_MS = 1500 };
    static const struct {
        const char *name, *begin, *again;
    } cases[] = {
        {"depth", XMP_OPEN, "<a>"},
        {"elements", XMP_OPEN "<rdf:Description>", "<a/>"},
        {"attributes", "<a ", "xmlns:b='http://ns.adobe.com/tiff/1.0/' "},
        {"one text", XMP_OPEN "<rdf:Description" XMP_NAMES "><tiff:Make>", "x"},
        {"lines", XMP_OPEN "<rdf:Description" XMP_NAMES "><tiff:Make>", "\n"},
        {"creators", XMP_OPEN "<rdf:Description" XMP_NAMES "><dc:creator><rdf:Seq>", LI("x")},
        {"a comment", "<!--", "- "},
        {"instructions", "", "<?a?>"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        CLEANUP_DEINIT(buf) struct buf b = {0};
        buf_c(&b, cases[i].begin);
        repeat(&b, cases[i].again, SIZE);
        const struct img_head head = {.xmp = buf_view(&b)};
        struct img_meta m;
        double before = cpu_ms();
        img_meta_read(&head, &m);
        CHECK_CASE(cpu_ms() - before < MOST_MS, cases[i].name);
        CHECK_INT(m.warnings, IMG_WARN_METADATA);
    }
}

/* A name of 32 KB that thousands of elements use: where each carried it, this packet would copy half a gigabyte. */
static void long_namespaces_are_not_copied(void **state) {
    (void)state;
    CLEANUP_DEINIT(buf) struct buf b = {0};
    buf_c(&b, XMP_OPEN "<rdf:Description xmlns:a='");
    repeat(&b, "x", 256 << 10);
    buf_c(&b, "'>");
    repeat(&b, "<a:b/>", 340 << 10);
    buf_c(
        &b,
        "<tiff:Make xmlns:tiff='http://ns.adobe.com/tiff/1.0/'>Canon</tiff:Make></rdf:Description>" XMP_CLOSE);
    double before = cpu_ms();
    check_xmp(buf_view(&b), "make=Canon|", "the end is reached");
    CHECK(cpu_ms() - before < 1000);
}

static void survives_damage(void **state) {
    (void)state;
    static const str whole = S_INIT(XMP(
        "tiff:Make='Canon' exif:GPSLatitude='33,30.6S' exif:GPSLongitude='1,2E'",
        ALT("dc:description", LANG("x-default", "A hill")) SEQ("dc:creator", LI("Ada") LI("Bob"))));
    struct img_meta m;
    for (size_t n = 0; n <= whole.len; n++) {
        CLEANUP_MEM char *copy = mem_alloc(n);
        memcpy(copy, whole.p, n);
        const struct img_head cut = {.xmp = str_n(copy, n)};
        img_meta_read(&cut, &m);
        if (n == 0)
            continue;
        for (int bit = 0; bit < 8; bit += 3) {
            copy[n - 1] ^= (char)(1 << bit);
            img_meta_read(&cut, &m);
            CHECK(str_is_utf8(str_c(m.caption)));
            copy[n - 1] ^= (char)(1 << bit);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(properties),
        cmocka_unit_test(packets_in_utf16),
        cmocka_unit_test(dates),
        cmocka_unit_test(places),
        cmocka_unit_test(refused),
        cmocka_unit_test(costs_are_linear),
        cmocka_unit_test(long_namespaces_are_not_copied),
        cmocka_unit_test(survives_damage),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
