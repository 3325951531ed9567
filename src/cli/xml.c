/* cli/xml: finds elements in the XML answers of S3 and of the query protocol. */
#include "cli/xml.h"

/*
 * Position of "<name>" or "<name " (closing: "</name>") at or behind from; -1. *ret_end: behind its
 * '>'.
 */
static ptrdiff_t find_tag(str s, size_t from, str name, bool closing, size_t *ret_end) {
    for (size_t at = from; at < s.len; at++) {
        ptrdiff_t lt = str_chr(str_skip(s, at), '<');
        if (lt < 0)
            return -1;
        at += (size_t)lt;
        size_t text = at + 1 + closing;
        if (closing && (at + 1 >= s.len || s.p[at + 1] != '/'))
            continue;
        if (!str_starts(str_skip(s, text), name))
            continue;
        size_t behind = text + name.len;
        if (behind >= s.len || !strchr("> \t\r\n/", s.p[behind]))
            continue;
        ptrdiff_t gt = str_chr(str_skip(s, behind), '>');
        if (gt < 0)
            return -1;
        *ret_end = behind + (size_t)gt + 1;
        return (ptrdiff_t)at;
    }
    return -1;
}

bool cli_xml_next(str *rest, const char *element, str *ret_inner) {
    str name = str_c(element), s = *rest;
    size_t inner = 0, at = 0, end = 0, depth = 1;
    if (find_tag(s, 0, name, false, &inner) < 0)
        return false;
    if (s.p[inner - 2] == '/') { /* <name/> */
        *ret_inner = str_slice(s, inner, inner);
        *rest = str_skip(s, inner);
        return true;
    }
    for (at = inner; depth > 0; at = end) {
        size_t open_end = 0, close_end = 0;
        ptrdiff_t open = find_tag(s, at, name, false, &open_end),
                  close = find_tag(s, at, name, true, &close_end);
        if (close < 0)
            return false;
        if (open >= 0 && open < close) {
            depth += s.p[open_end - 2] != '/';
            end = open_end;
            continue;
        }
        depth--;
        end = close_end;
        if (depth == 0)
            *ret_inner = str_slice(s, inner, (size_t)close);
    }
    *rest = str_skip(s, end);
    return true;
}
