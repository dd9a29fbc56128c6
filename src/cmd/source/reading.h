/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What of a text was read, for a person and for JSON. Nothing where the source is no text. */
#ifndef CMD_SOURCE_READING_H
#define CMD_SOURCE_READING_H

#include <json-c/json.h>

#include "cmd/ui/term.h"
#include "host/facts/host.h"

/* A paragraph at the end of an answer. */
void reading_print(const struct host *host, const struct term *term);
/* Adds "reading" to an answer; null where the source is no text. */
void reading_add_json(const struct host *host, struct json_object *json);

#endif
