/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Short forms for building JSON with json-c. Objects that are added belong to their parent. */
#ifndef CMD_UI_JSON_H
#define CMD_UI_JSON_H

#include <json-c/json.h>

#include "base/types.h"
#include "pci/addr.h"

void json_add(struct json_object *to, const char *key, struct json_object *value);
/* NULL is null. */
void json_add_text(struct json_object *to, const char *key, const char *value);
void json_add_number(struct json_object *to, const char *key, s64 value);
void json_add_bool(struct json_object *to, const char *key, bool value);
void json_add_null(struct json_object *to, const char *key);
/* A number in @digits hexadecimal digits, as text. */
void json_add_hex(struct json_object *to, const char *key, u64 value, int digits);
void json_add_addr(struct json_object *to, const char *key, struct pci_addr addr);
struct json_object *json_addr(struct pci_addr addr);

/* Grows when a field goes or changes its meaning, but not when one comes. */
#define JSON_SCHEMA_VERSION 1

/* Prints an object with the version to standard output, readable, and frees it. */
void json_print(struct json_object *json);

#endif
