/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Helpers for building JSON with json-c. An object that is added belongs to its parent. */
#ifndef CMD_UI_JSON_H
#define CMD_UI_JSON_H

#include <json-c/json.h>

#include "base/types.h"
#include "pci/addr.h"

void json_add(struct json_object *to, const char *key, struct json_object *value);
/* Adds null for NULL. */
void json_add_text(struct json_object *to, const char *key, const char *value);
void json_add_number(struct json_object *to, const char *key, s64 value);
void json_add_bool(struct json_object *to, const char *key, bool value);
void json_add_null(struct json_object *to, const char *key);
/* Adds a number as a string of @digits hexadecimal digits. */
void json_add_hex(struct json_object *to, const char *key, u64 value, int digits);
void json_add_addr(struct json_object *to, const char *key, struct pci_addr addr);
struct json_object *json_addr(struct pci_addr addr);

/* It is incremented when a field is removed or changes its meaning, but not when one is added. */
#define JSON_SCHEMA_VERSION 1

/* Adds the schema version to an object, pretty-prints it to standard output, and frees it. */
void json_print(struct json_object *json);

#endif
