#pragma once
/*
 * aws/xml: a document as a tree, by expat, in an arena. DOCTYPE is refused (so there are no
 * entities but the five), as are more than XML_DEPTH levels and XML_NODES elements. Prefixes of
 * element names are dropped; attribute names are kept as written.
 */
#include "base/arena.h"
#include "base/err.h"

enum { XML_DEPTH = 64, XML_NODES = 200000 };

/* Attributes in the document's order. */
struct xml_attribute {
    str name, value;
    struct xml_attribute *next;
};
/* An element. `last` is its last child, for the parser; everything lives in the arena. */
struct xml_node {
    str name, text; /* text: of elements without children */
    struct xml_attribute *attributes;
    struct xml_node *child, *next;
    struct xml_node *last, *parent;
};
/* 0, or 1 (AWS_E_MALFORMED) with line and column in err. */
int wire_xml_parse(struct arena *arena, str text, struct xml_node **ret_root, struct err *err);
