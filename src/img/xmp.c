/*
 * img/xmp: the properties of an XMP packet that become attributes. Sources: ISO 16684-1 (the RDF that XMP uses), Exif 2.3 for
 * XMP (CIPA DC-010), Adobe's XMP Specification Part 2, the gain map specifications of Adobe and Apple.
 *
 * Expat reads without namespaces and the few that matter are bound here: expat would copy a namespace's name into
 * every name that uses it, and a packet can make that cost the square of its length. DOCTYPE is refused, so there are no
 * entities. What stands before an error counts.
 */
#include "img/meta_priv.h"

#include "base/own.h"

#include <expat.h>
#include <math.h>
#include <stdio.h>
#include <sys/auxv.h>

enum {
    PACKET_MAX = 512 << 10, /* bytes that are looked at; JPEG has 64 KB at most */
    DEPTH_MAX = 64,
    ELEMENTS_MAX = 20000,
    BOUND_MAX = 64,  /* prefixes at once; further ones mean nothing */
    PREFIX_MAX = 32, /* with its NUL; longer ones mean nothing */
    VALUE_MAX = 1024,
};

enum namespace {
    NONE,
    RDF,
    DC,
    TIFF,
    EXIF,
    EXIFEX,
    AUX,
    XMP,
    PHOTOSHOP,
    HDRGM,
    APPLE,
    N_NAMESPACES
};
static const char *const names[N_NAMESPACES] = {
    [NONE] = "",
    [RDF] = "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    [DC] = "http://purl.org/dc/elements/1.1/",
    [TIFF] = "http://ns.adobe.com/tiff/1.0/",
    [EXIF] = "http://ns.adobe.com/exif/1.0/",
    [EXIFEX] = "http://cipa.jp/exif/1.0/",
    [AUX] = "http://ns.adobe.com/exif/1.0/aux/",
    [XMP] = "http://ns.adobe.com/xap/1.0/",
    [PHOTOSHOP] = "http://ns.adobe.com/photoshop/1.0/",
    [HDRGM] = "http://ns.adobe.com/hdr-gain-map/1.0/",
    [APPLE] = "http://ns.apple.com/HDRGainMap/1.0/",
};

enum property {
    DESCRIPTION,
    RIGHTS,
    CREATOR,
    MAKE,
    MODEL,
    ORIENTATION,
    ORIGINAL,
    DATE_CREATED,
    CREATE_DATE,
    LENS_MODEL,
    LENS,
    EXPOSURE,
    F_NUMBER,
    SENSITIVITY,
    ISO_RATINGS,
    FOCAL,
    LATITUDE,
    LONGITUDE,
    GPS_STATUS,
    GPS_MODE,
    GPS_TIME,
    GAIN_MAP,
    APPLE_GAIN_MAP,
    N_PROPERTIES
};
static const struct {
    enum namespace in;
    const char *name;
} properties[N_PROPERTIES] = {
    [DESCRIPTION] = {DC, "description"},
    [RIGHTS] = {DC, "rights"},
    [CREATOR] = {DC, "creator"},
    [MAKE] = {TIFF, "Make"},
    [MODEL] = {TIFF, "Model"},
    [ORIENTATION] = {TIFF, "Orientation"},
    [ORIGINAL] = {EXIF, "DateTimeOriginal"},
    [DATE_CREATED] = {PHOTOSHOP, "DateCreated"},
    [CREATE_DATE] = {XMP, "CreateDate"},
    [LENS_MODEL] = {EXIFEX, "LensModel"},
    [LENS] = {AUX, "Lens"},
    [EXPOSURE] = {EXIF, "ExposureTime"},
    [F_NUMBER] = {EXIF, "FNumber"},
    [SENSITIVITY] = {EXIFEX, "PhotographicSensitivity"},
    [ISO_RATINGS] = {EXIF, "ISOSpeedRatings"},
    [FOCAL] = {EXIF, "FocalLength"},
    [LATITUDE] = {EXIF, "GPSLatitude"},
    [LONGITUDE] = {EXIF, "GPSLongitude"},
    [GPS_STATUS] = {EXIF, "GPSStatus"},
    [GPS_MODE] = {EXIF, "GPSMeasureMode"},
    [GPS_TIME] = {EXIF, "GPSTimeStamp"},
    [GAIN_MAP] = {HDRGM, "Version"},
    [APPLE_GAIN_MAP] = {APPLE, "HDRGainMapVersion"},
};

/* Characters that are kept of a value: the beginning. */
struct text {
    char bytes[VALUE_MAX];
    size_t len;
};

struct value {
    struct text text;
    bool is_default; /* of the language x-default */
};

struct packet {
    XML_Parser expat;
    unsigned depth, elements;
    struct {
        unsigned depth; /* of the element that binds it */
        enum namespace to;
        char prefix[PREFIX_MAX];
    } bound[BOUND_MAX];
    size_t n_bound;
    /* Depths count from 1. The levels below rdf:RDF are those of the enum below; 0: outside. */
    unsigned rdf;
    enum property open;  /* property that is open; N_PROPERTIES: none that matters */
    unsigned collecting; /* depth of the element whose text is wanted; 0: none */
    bool is_default;     /* its language is x-default */
    struct text text;
    struct value values[N_PROPERTIES];
};
enum level { AT_DESCRIPTION = 1, AT_PROPERTY, AT_ARRAY, AT_ITEM };

/* ---- Namespaces ---- */

static enum namespace namespace_of(const struct packet *p, str prefix) {
    for (size_t i = p->n_bound; i-- > 0;)
        if (str_is(prefix, p->bound[i].prefix))
            return p->bound[i].to;
    return NONE;
}

static enum namespace namespace_named(const char *name) {
    for (unsigned i = RDF; i < N_NAMESPACES; i++)
        if (strcmp(names[i], name) == 0)
            return (enum namespace)i;
    return NONE;
}

/* xmlns="…" and xmlns:prefix="…". A name that means nothing to us is kept only where it hides one that does. */
static void bind(struct packet *p, str attribute, const char *name) {
    if (!str_starts(attribute, S("xmlns")))
        return;
    str prefix = str_skip(attribute, 5);
    if (prefix.len && prefix.p[0] != ':')
        return;
    prefix = str_skip(prefix, 1);
    enum namespace to = namespace_named(name);
    if (prefix.len >= PREFIX_MAX || p->n_bound == BOUND_MAX || to == namespace_of(p, prefix))
        return;
    p->bound[p->n_bound].depth = p->depth;
    p->bound[p->n_bound].to = to;
    snprintf(p->bound[p->n_bound].prefix, PREFIX_MAX, STR_FMT, STR_ARG(prefix));
    p->n_bound++;
}

/* Cuts the prefix off *name. Attributes without one are in no namespace. */
static enum namespace split(const struct packet *p, str *name, bool is_attribute) {
    str prefix, local;
    if (!str_cut(*name, ':', &prefix, &local))
        return is_attribute ? NONE : namespace_of(p, S(""));
    *name = local;
    return namespace_of(p, prefix);
}

static bool is_rdf(const struct packet *p, str name, const char *what) {
    return split(p, &name, false) == RDF && str_is(name, what);
}

static enum property property_of(const struct packet *p, str name, bool is_attribute) {
    enum namespace in = split(p, &name, is_attribute);
    for (unsigned i = 0; in != NONE && i < N_PROPERTIES; i++)
        if (properties[i].in == in && str_is(name, properties[i].name))
            return (enum property)i;
    return N_PROPERTIES;
}

/* ---- Values ---- */

static void add(struct text *t, str s) {
    str fits = str_slice(s, 0, VALUE_MAX - t->len);
    if (fits.len)
        memcpy(t->bytes + t->len, fits.p, fits.len);
    t->len += fits.len;
}

static str view(const struct text *t) { return str_n(t->bytes, t->len); }

/* The first value counts, but for the default language's; the names of creators are joined. */
static void keep(struct packet *p, enum property property, str value, bool is_default) {
    if (property == N_PROPERTIES || str_trim(value).len == 0)
        return;
    struct value *v = &p->values[property];
    if (v->text.len && property == CREATOR) {
        add(&v->text, S("; "));
    } else if (v->text.len == 0 || (is_default && !v->is_default)) {
        v->text.len = 0;
        v->is_default = is_default;
    } else {
        return;
    }
    add(&v->text, value);
}

/* ---- Expat's handlers ---- */

static void collect(struct packet *p, bool is_default) {
    p->collecting = p->depth;
    p->is_default = is_default;
    p->text.len = 0;
}

static bool is_default_language(const XML_Char **atts) {
    for (; *atts; atts += 2)
        if (strcmp(atts[0], "xml:lang") == 0)
            return strcmp(atts[1], "x-default") == 0;
    return false;
}

static void on_start(void *ctx, const XML_Char *name, const XML_Char **atts) {
    struct packet *p = ctx;
    if (++p->depth > DEPTH_MAX || ++p->elements > ELEMENTS_MAX) {
        XML_StopParser(p->expat, XML_FALSE);
        return;
    }
    for (const XML_Char **a = atts; *a; a += 2)
        bind(p, str_c(a[0]), a[1]);
    p->collecting = 0; /* an element inside of a text: it is none */
    unsigned level = p->rdf ? p->depth - p->rdf : 0;
    if (!p->rdf && is_rdf(p, str_c(name), "RDF"))
        p->rdf = p->depth;
    if (level == AT_DESCRIPTION && is_rdf(p, str_c(name), "Description"))
        for (const XML_Char **a = atts; *a; a += 2)
            keep(p, property_of(p, str_c(a[0]), true), str_c(a[1]), false);
    if (level == AT_PROPERTY)
        p->open = property_of(p, str_c(name), false);
    if (p->open == N_PROPERTIES)
        return;
    if (level == AT_PROPERTY || (level == AT_ITEM && is_rdf(p, str_c(name), "li")))
        collect(p, is_default_language(atts));
}

static void on_end(void *ctx, const XML_Char *name) {
    (void)name;
    struct packet *p = ctx;
    if (p->collecting == p->depth)
        keep(p, p->open, view(&p->text), p->is_default);
    p->collecting = 0;
    if (p->rdf && p->depth == p->rdf + AT_PROPERTY)
        p->open = N_PROPERTIES;
    if (p->depth == p->rdf)
        p->rdf = 0;
    while (p->n_bound && p->bound[p->n_bound - 1].depth == p->depth)
        p->n_bound--;
    p->depth--;
}

static void on_text(void *ctx, const XML_Char *s, int n) {
    struct packet *p = ctx;
    if (p->collecting)
        add(&p->text, str_n(s, (size_t)n));
}

static void on_doctype(void *ctx, const XML_Char *name, const XML_Char *system,
                       const XML_Char *public, int internal) {
    (void)name, (void)system, (void)public, (void)internal;
    XML_StopParser(((struct packet *)ctx)->expat, XML_FALSE);
}

/*
 * A salt for expat's hash tables that no file knows: the kernel's random bytes for this process. Expat itself would ask
 * for some by a system call that the jail denies.
 */
static void set_salt(XML_Parser expat) {
    static const uint8_t fixed[16] = {1};
    const uint8_t *random = (const uint8_t *)getauxval(AT_RANDOM);
    random = random ? random : fixed;
#if XML_MAJOR_VERSION == 2 && XML_MINOR_VERSION < 8
    unsigned long salt;
    memcpy(&salt, random, sizeof salt);
    XML_SetHashSalt(expat, salt | 1); /* 0 means that there is none */
#else
    XML_SetHashSalt16Bytes(expat, random);
#endif
}

static void parse(struct packet *p, str bytes) {
    static const XML_Memory_Handling_Suite memory = {mem_alloc, mem_realloc, free};
    p->expat = XML_ParserCreate_MM(NULL, &memory, NULL);
    set_salt(p->expat);
    XML_SetUserData(p->expat, p);
    XML_SetElementHandler(p->expat, on_start, on_end);
    XML_SetCharacterDataHandler(p->expat, on_text);
    XML_SetStartDoctypeDeclHandler(p->expat, on_doctype);
    XML_Parse(p->expat, bytes.p, (int)bytes.len,
              1); /* an error ends the packet, and is none to us */
    XML_ParserFree(p->expat);
}

/* ---- What the values mean ---- */

static str value(const struct packet *p, enum property property) {
    return view(&p->values[property].text);
}

/* Takes a number with a fraction or a relation of two off *s. NAN: there is none. */
static double take_number(str *s) {
    char text[64], *end = text;
    *s = str_trim(*s);
    snprintf(text, sizeof text, STR_FMT, STR_ARG(*s));
    bool plain = text[0] && strspn(text, "+-.0123456789");
    double v = plain ? strtod(text, &end) : NAN;
    *s = str_skip(*s, (size_t)(end - text));
    if (!plain || *end != '/')
        return v;
    *s = str_skip(*s, 1);
    double below = strtod(end + 1, &end);
    *s = str_slice(*s, s->len, s->len);
    return below != 0 ? v / below : NAN;
}

static double number(const struct packet *p, enum property property) {
    str s = value(p, property);
    return take_number(&s);
}

/* "33,30.5S" and "33,30,30S": Exif for XMP, GPSCoordinate. */
static struct img_angle angle(str s) {
    struct img_angle a = {.n = 0};
    s = str_trim(s);
    if (s.len == 0)
        return a;
    a.ref = s.p[s.len - 1];
    str rest = str_slice(s, 0, s.len - 1), one;
    while (rest.p && a.n < ARRAY_LEN(a.part)) {
        str_cut(rest, ',', &one, &rest);
        double v = take_number(&one);
        a.part[a.n++] = str_trim(one).len ? NAN : v;
    }
    a.part[0] = rest.p ? NAN : a.part[0]; /* more than three parts */
    return a;
}

static void read_texts(const struct packet *p, struct img_meta *ret) {
    const struct {
        enum property property;
        char *out;
        size_t most;
    } texts[] = {
        {DESCRIPTION, ret->caption, IMG_LONG_TEXT_MAX},
        {RIGHTS, ret->copyright, IMG_LONG_TEXT_MAX},
        {CREATOR, ret->creator, IMG_TEXT_MAX},
        {MAKE, ret->make, IMG_TEXT_MAX},
        {MODEL, ret->model, IMG_TEXT_MAX},
        {LENS_MODEL, ret->lens, IMG_TEXT_MAX},
        {LENS, ret->lens, IMG_TEXT_MAX},
    };
    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        if (texts[i].out[0] == '\0')
            img_text(texts[i].out, texts[i].most, value(p, texts[i].property), IMG_CHARSET_GUESS);
}

static void read_numbers(const struct packet *p, struct img_meta *ret) {
    double orientation = number(p, ORIENTATION);
    if (orientation >= 1 && orientation <= 8)
        ret->orientation = (unsigned)orientation;
    ret->exposure_s = img_sane(number(p, EXPOSURE), IMG_EXPOSURE_MAX);
    ret->f_number = img_sane(number(p, F_NUMBER), IMG_F_NUMBER_MAX);
    ret->focal_mm = img_sane(number(p, FOCAL), IMG_FOCAL_MAX);
    static const enum property isos[] = {SENSITIVITY, ISO_RATINGS};
    for (size_t i = 0; i < ARRAY_LEN(isos) && ret->iso == 0; i++)
        ret->iso = (uint32_t)img_sane(number(p, isos[i]), UINT32_MAX);
}

void img_xmp_read(str packet, struct img_meta *ret) {
    ptrdiff_t begin = str_chr(packet, '<');
    bool utf16 = str_starts(packet, S("\xFE\xFF")) || str_starts(packet, S("\xFF\xFE"));
    if (begin < 0)
        return;
    if (!utf16)
        packet = str_skip(packet, (size_t)begin);
    if (packet.len > PACKET_MAX)
        ret->warnings |= IMG_WARN_METADATA;
    CLEANUP_MEM struct packet *p = mem_new(struct packet);
    p->open = N_PROPERTIES;
    parse(p, str_slice(packet, 0, PACKET_MAX));
    read_texts(p, ret);
    read_numbers(p, ret);
    static const enum property dates[] = {ORIGINAL, DATE_CREATED, CREATE_DATE};
    for (size_t i = 0; i < ARRAY_LEN(dates); i++)
        if (img_date(ret->captured_at, value(p, dates[i]), S(""), S("")))
            break;
    struct img_angle latitude = angle(value(p, LATITUDE)), longitude = angle(value(p, LONGITUDE));
    str status = value(p, GPS_STATUS);
    bool has_fix = status.len ? str_eq_nocase(status, S("A"))
                              : value(p, GPS_MODE).len || value(p, GPS_TIME).len;
    img_place(&latitude, &longitude, has_fix, ret);
    ret->has_gain_map = value(p, GAIN_MAP).len || value(p, APPLE_GAIN_MAP).len;
}
