// SPDX-License-Identifier: GPL-2.0-or-later
#include "cmd/source/reading.h"

#include <stdarg.h>
#include <stdio.h>

#include "cmd/ui/json.h"
#include "host/facts/reading.h"

/* If there are more of a kind, the rest is only counted. */
#define SHOWN 6

struct words {
	char text[2048];
	size_t used;
};

static void add(struct words *w, const char *fmt, ...) PRINTF(2, 3);

static void add(struct words *w, const char *fmt, ...)
{
	va_list args;
	int n;

	va_start(args, fmt);
	n = vsnprintf(w->text + w->used, sizeof(w->text) - w->used, fmt, args);
	va_end(args);
	if (n > 0)
		w->used += (size_t)n < sizeof(w->text) - w->used ? (size_t)n
								 : sizeof(w->text) - w->used - 1;
}

static void add_lines(struct words *w, unsigned first, unsigned last)
{
	if (first == last)
		add(w, "line %u", first);
	else
		add(w, "lines %u-%u", first, last);
}

static void add_listings(struct words *w, const struct reading *reading)
{
	add(w, "Read: ");
	for (unsigned i = 0; i < reading->nr_listings && i < SHOWN; i++) {
		const struct listing *listing = &reading->listings[i];

		add(w, "%s%s in ", i ? "; " : "", listing_title(listing->kind));
		add_lines(w, listing->first, listing->last);
		add(w, " (%u device%s%s)", listing->nr_devices, listing->nr_devices == 1 ? "" : "s",
			listing->used ? "" : ", not used");
	}
	if (reading->nr_listings > SHOWN)
		add(w, "; and %u more", reading->nr_listings - SHOWN);
	add(w, ".");
}

static void add_ignored(struct words *w, const struct reading *reading)
{
	if (!reading->ignored_lines)
		return;
	add(w, " Ignored: %u line%s: ", reading->ignored_lines,
		reading->ignored_lines == 1 ? "" : "s");
	for (unsigned i = 0; i < reading->nr_ignored && i < SHOWN; i++) {
		const struct ignored *ignored = &reading->ignored[i];

		add(w, i ? "; " : "");
		add_lines(w, ignored->first, ignored->last);
		add(w, " (\"%s\")", ignored->text ? ignored->text : "");
	}
	add(w, "%s.", reading->nr_ignored > SHOWN ? "; and more" : "");
}

void reading_print(const struct host *host, const struct term *term)
{
	const struct reading *reading = host->reading;
	struct words w = { .used = 0 };

	if (!reading)
		return;
	fputc('\n', term->out);
	for (unsigned i = 0; i < reading->nr_contradictions && i < SHOWN; i++) {
		const struct contradiction *c = &reading->contradictions[i];
		struct words one = { .used = 0 };

		add(&one, "The text contradicts itself: %s (lines %u and %u). Line %u is used.",
			c->text, c->line < c->other_line ? c->line : c->other_line,
			c->line < c->other_line ? c->other_line : c->line, c->line);
		term_paragraph(term, "", 0, one.text);
	}
	add_listings(&w, reading);
	add_ignored(&w, reading);
	term_paragraph(term, "", 0, w.text);
}

static struct json_object *listings_json(const struct reading *reading)
{
	struct json_object *list = json_object_new_array();

	for (unsigned i = 0; i < reading->nr_listings; i++) {
		const struct listing *listing = &reading->listings[i];
		struct json_object *json = json_object_new_object();

		json_add_text(json, "kind", listing_name(listing->kind));
		json_add_number(json, "first", listing->first);
		json_add_number(json, "last", listing->last);
		json_add_number(json, "devices", listing->nr_devices);
		json_add_bool(json, "used", listing->used);
		json_object_array_add(list, json);
	}
	return list;
}

static struct json_object *ignored_json(const struct reading *reading)
{
	struct json_object *list = json_object_new_array();

	for (unsigned i = 0; i < reading->nr_ignored; i++) {
		struct json_object *json = json_object_new_object();

		json_add_number(json, "first", reading->ignored[i].first);
		json_add_number(json, "last", reading->ignored[i].last);
		json_add_text(json, "text", reading->ignored[i].text);
		json_object_array_add(list, json);
	}
	return list;
}

static struct json_object *contradictions_json(const struct reading *reading)
{
	struct json_object *list = json_object_new_array();

	for (unsigned i = 0; i < reading->nr_contradictions; i++) {
		const struct contradiction *c = &reading->contradictions[i];
		struct json_object *json = json_object_new_object();

		json_add_number(json, "line", c->line);
		json_add_number(json, "other_line", c->other_line);
		json_add_text(json, "text", c->text);
		json_object_array_add(list, json);
	}
	return list;
}

void reading_add_json(const struct host *host, struct json_object *json)
{
	const struct reading *reading = host->reading;
	struct json_object *told;

	if (!reading) {
		json_add_null(json, "reading");
		return;
	}
	told = json_object_new_object();
	json_add(told, "listings", listings_json(reading));
	json_add(told, "ignored", ignored_json(reading));
	json_add_number(told, "ignored_lines", reading->ignored_lines);
	json_add(told, "contradictions", contradictions_json(reading));
	json_add_text(told, "hypervisor", reading->hypervisor);
	json_add(json, "reading", told);
}
