/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How much of a text source was understood, for people and as JSON. Does nothing if the source is
 * not a text.
 */
#ifndef CMD_SOURCE_READING_H
#define CMD_SOURCE_READING_H

#include <json-c/json.h>

#include "cmd/ui/term.h"
#include "host/facts/host.h"

/* Prints it as a paragraph at the end of an answer. */
void reading_print(const struct host *host, const struct term *term);
/* Adds "reading" to an answer; null if the source is not a text. */
void reading_add_json(const struct host *host, struct json_object *json);

#endif
