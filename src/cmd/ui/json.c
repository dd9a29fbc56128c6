// SPDX-License-Identifier: GPL-2.0-or-later
#include "cmd/ui/json.h"

#include <stdio.h>

void json_add(struct json_object *to, const char *key, struct json_object *value)
{
	json_object_object_add(to, key, value);
}

void json_add_text(struct json_object *to, const char *key, const char *value)
{
	json_add(to, key, value ? json_object_new_string(value) : NULL);
}

void json_add_number(struct json_object *to, const char *key, s64 value)
{
	json_add(to, key, json_object_new_int64(value));
}

void json_add_bool(struct json_object *to, const char *key, bool value)
{
	json_add(to, key, json_object_new_boolean(value));
}

void json_add_null(struct json_object *to, const char *key)
{
	json_add(to, key, NULL);
}

void json_add_hex(struct json_object *to, const char *key, u64 value, int digits)
{
	char text[24];

	snprintf(text, sizeof(text), "%0*llx", digits, (unsigned long long)value);
	json_add_text(to, key, text);
}

struct json_object *json_addr(struct pci_addr addr)
{
	char text[PCI_ADDR_SIZE];

	return json_object_new_string(pci_addr_text(addr, text));
}

void json_add_addr(struct json_object *to, const char *key, struct pci_addr addr)
{
	json_add(to, key, json_addr(addr));
}

void json_print(struct json_object *json)
{
	json_add_number(json, "schema_version", JSON_SCHEMA_VERSION);
	puts(json_object_to_json_string_ext(json, JSON_C_TO_STRING_PRETTY |
							  JSON_C_TO_STRING_SPACED |
							  JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(json);
}
