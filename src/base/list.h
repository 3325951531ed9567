#pragma once
/*
 * base/list: an intrusive, circular, doubly linked list. The head is a node of its own. The list
 * owns nothing and locks nothing.
 */
#include <stdbool.h>
#include <stddef.h>

/* A node, or a head. A head that is empty points to itself. */
struct list {
    struct list *next, *prev;
};

/* Makes an empty list of a head, and a node that may be removed before it was ever appended. */
static inline void list_init(struct list *head) { head->next = head->prev = head; }
static inline bool list_empty(const struct list *head) { return head->next == head; }
/* node is in no list. */
static inline void list_append(struct list *head, struct list *node) {
    node->prev = head->prev;
    node->next = head;
    head->prev->next = node;
    head->prev = node;
}
/* Removing a node twice is harmless. */
static inline void list_remove(struct list *node) {
    node->prev->next = node->next;
    node->next->prev = node->prev;
    list_init(node);
}
/* The struct whose member `member` is the node. */
#define LIST_ENTRY(node, type, member) ((type *)(void *)((char *)(node)-offsetof(type, member)))
/* The loop may remove the node it is at. */
#define LIST_EACH(node, head)                                                                      \
    for (struct list *node = (head)->next, *node##_next = node->next; node != (head);              \
         node = node##_next, node##_next = node->next)
