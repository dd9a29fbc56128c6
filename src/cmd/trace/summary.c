// SPDX-License-Identifier: GPL-2.0-or-later
#include "cmd/trace/summary.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/bytes.h"

static int compare(const struct trace_register *a, const struct mmiotrace_event *e)
{
	if (a->map != e->map)
		return a->map < e->map ? -1 : 1;
	if (a->addr != e->addr)
		return a->addr < e->addr ? -1 : 1;
	return (a->width > e->width) - (a->width < e->width);
}

/* The index of the event's register, or where to insert it. */
static size_t find(const struct trace_summary *s, const struct mmiotrace_event *e)
{
	size_t low = 0, high = s->nr_registers;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (compare(&s->registers[mid], e) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static int insert(struct trace_summary *s, size_t at, const struct mmiotrace_event *e)
{
	if (array_room(s->registers, s->nr_registers, 1))
		return -ENOMEM;
	memmove(&s->registers[at + 1], &s->registers[at],
		(s->nr_registers - at) * sizeof(s->registers[0]));
	s->registers[at] = (struct trace_register){
		.map = e->map,
		.addr = e->addr,
		.width = e->width,
		.first = e->value,
		.last = e->value,
	};
	s->nr_registers++;
	return 0;
}

static int add_access(struct trace_summary *s, const struct mmiotrace_event *e)
{
	size_t at = find(s, e);
	struct trace_register *reg;

	if (at == s->nr_registers || compare(&s->registers[at], e)) {
		if (s->nr_registers == TRACE_MAX_REGISTERS) {
			s->left_out++;
			return 0;
		}
		if (insert(s, at, e))
			return -ENOMEM;
	}
	reg = &s->registers[at];
	if (e->kind == MMIOTRACE_READ)
		reg->reads++;
	else
		reg->writes++;
	reg->changes += reg->last != e->value;
	reg->last = e->value;
	return 0;
}

static struct trace_map *map_for(struct trace_summary *s, unsigned number)
{
	for (size_t i = 0; i < s->nr_maps; i++)
		if (s->maps[i].map == number)
			return &s->maps[i];
	if (s->nr_maps == TRACE_MAX_MAPS)
		return NULL;
	if (array_room(s->maps, s->nr_maps, 1))
		return NULL;
	s->maps[s->nr_maps] = (struct trace_map){ .map = number };
	return &s->maps[s->nr_maps++];
}

static void add_map(struct trace_summary *s, const struct mmiotrace_event *e)
{
	struct trace_map *map = map_for(s, e->map);

	if (!map) {
		s->left_out++;
		return;
	}
	map->addr = e->addr;
	map->size = e->size;
}

/* Parses "0000:01:00.0 map 17 is BAR 0", as vm/vfio/trace.c writes it. */
static bool names_map(struct trace_summary *s, const char *text)
{
	char device[PCI_ADDR_SIZE];
	struct trace_map *map;
	unsigned number;
	int at = 0;

	if (sscanf(text, "%19s map %u is %n", device, &number, &at) != 2 || !at || !text[at])
		return false;
	map = map_for(s, number);
	if (map)
		snprintf(map->name, sizeof(map->name), "%s %.40s", device, text + at);
	return true;
}

static int add_mark(struct trace_summary *s, const char *text)
{
	if (names_map(s, text))
		return 0;
	for (size_t i = 0; i < s->nr_marks; i++)
		if (!strcmp(s->marks[i].text, text)) {
			s->marks[i].count++;
			return 0;
		}
	if (s->nr_marks == TRACE_MAX_MARKS) {
		s->left_out++;
		return 0;
	}
	if (array_room(s->marks, s->nr_marks, 1))
		return -ENOMEM;
	s->marks[s->nr_marks] = (struct trace_mark){ .count = 1 };
	snprintf(s->marks[s->nr_marks++].text, MMIOTRACE_TEXT, "%s", text);
	return 0;
}

int trace_summary_add(struct trace_summary *s, const char *line, size_t size)
{
	struct mmiotrace_event e;

	mmiotrace_parse(line, size, &e);
	if (e.kind == MMIOTRACE_OTHER) {
		s->others++;
		return 0;
	}
	s->events++;
	switch (e.kind) {
	case MMIOTRACE_VERSION:
		s->is_trace |= e.value == MMIOTRACE_FORMAT;
		return 0;
	case MMIOTRACE_MAP:
		add_map(s, &e);
		return 0;
	case MMIOTRACE_READ:
	case MMIOTRACE_WRITE:
		return add_access(s, &e);
	case MMIOTRACE_MARK:
		return add_mark(s, e.text);
	default:
		return 0;
	}
}

const struct trace_map *trace_summary_map(const struct trace_summary *s, unsigned map)
{
	for (size_t i = 0; i < s->nr_maps; i++)
		if (s->maps[i].map == map)
			return &s->maps[i];
	return NULL;
}

void trace_summary_close(struct trace_summary *s)
{
	free(s->registers);
	free(s->maps);
	free(s->marks);
	*s = (struct trace_summary){ 0 };
}
