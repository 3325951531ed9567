/*
 * aws/xml: parses an XML body into a tree of elements with expat. A DOCTYPE is refused, so
 * entities cannot be declared.
 */
#include "aws/xml_priv.h"

#include "aws/codec_priv.h"
#include "base/buf.h"

#include <expat.h>

/* Expat 2.9 (a security update of Debian's) has these, and calls those without 64 deprecated. */
#if XML_MAJOR_VERSION == 2 && XML_MINOR_VERSION < 9
#define XML_GetCurrentLineNumber64   XML_GetCurrentLineNumber
#define XML_GetCurrentColumnNumber64 XML_GetCurrentColumnNumber
#endif

struct parse {
    struct arena *arena;
    XML_Parser expat;
    struct xml_node *root, *at;
    struct buf text; /* character data of the element that is open, between two tags */
    unsigned depth, nodes;
    const char *refused;
};

static void refuse(struct parse *p, const char *why) {
    p->refused = why;
    XML_StopParser(p->expat, XML_FALSE);
}

static str without_prefix(str name) { return str_skip(name, (size_t)(str_chr(name, ':') + 1)); }

static void add_attributes(struct parse *p, struct xml_node *node, const XML_Char **atts) {
    for (; *atts; atts += 2) {
        struct xml_attribute *a = arena_new(p->arena, struct xml_attribute);
        a->name = arena_str(p->arena, str_c(atts[0]));
        a->value = arena_str(p->arena, str_c(atts[1]));
        a->next = node->attributes;
        node->attributes = a;
    }
}

static void on_start(void *ctx, const XML_Char *name, const XML_Char **atts) {
    struct parse *p = ctx;
    if (++p->depth > XML_DEPTH)
        return refuse(p, "nested too deeply");
    if (++p->nodes > XML_NODES)
        return refuse(p, "too many elements");
    /* White space before a child: AWS's documents have no mixed content. */
    buf_clear(&p->text);
    struct xml_node *node = arena_new(p->arena, struct xml_node);
    node->name = arena_str(p->arena, without_prefix(str_c(name)));
    node->text = S("");
    node->parent = p->at;
    add_attributes(p, node, atts);
    if (!p->at)
        p->root = node;
    else if (p->at->last)
        p->at->last->next = node;
    else
        p->at->child = node;
    if (p->at)
        p->at->last = node;
    p->at = node;
}

static void on_end(void *ctx, const XML_Char *name) {
    struct parse *p = ctx;
    (void)name;
    if (!p->at->child && p->text.len)
        p->at->text = arena_str(p->arena, buf_view(&p->text));
    buf_clear(&p->text);
    p->at = p->at->parent;
    p->depth--;
}

static void on_text(void *ctx, const XML_Char *s, int n) {
    struct parse *p = ctx;
    buf_add(&p->text, s, (size_t)n);
}

static void on_doctype(void *ctx, const XML_Char *name, const XML_Char *system,
                       const XML_Char *public, int internal) {
    (void)name, (void)system, (void)public, (void)internal;
    refuse(ctx, "a document type is not allowed");
}

int wire_xml_parse(struct arena *arena, str text, struct xml_node **ret_root, struct err *err) {
    if (text.len == 0)
        return err_set(err, AWS_E_MALFORMED, "The document is empty");
    if (text.len > (size_t)64 * 1024 * 1024)
        return err_set(err, AWS_E_MALFORMED, "The document is too large");
    struct parse p = {.arena = arena, .expat = XML_ParserCreate(NULL)};
    if (!p.expat)
        return err_set(err, AWS_E_MALFORMED, "no memory for an XML parser");
    XML_SetUserData(p.expat, &p);
    XML_SetElementHandler(p.expat, on_start, on_end);
    XML_SetCharacterDataHandler(p.expat, on_text);
    XML_SetStartDoctypeDeclHandler(p.expat, on_doctype);
    int r = 0;
    if (XML_Parse(p.expat, text.p, (int)text.len, 1) != XML_STATUS_OK)
        r = err_set(err, AWS_E_MALFORMED, "%s at line %lu, column %lu",
                    p.refused ? p.refused : XML_ErrorString(XML_GetErrorCode(p.expat)),
                    (unsigned long)XML_GetCurrentLineNumber64(p.expat),
                    (unsigned long)XML_GetCurrentColumnNumber64(p.expat));
    XML_ParserFree(p.expat);
    buf_deinit(&p.text);
    if (r == 0)
        *ret_root = p.root;
    return r;
}
