// SPDX-License-Identifier: GPL-2.0-or-later
/* Traces: any file is read, and what was understood of a line is what is written of it again. */
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "cmd/trace/summary.h"

static void check_again(const struct mmiotrace_event *event)
{
	struct mmiotrace_event again;
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	CLAIM(f && !mmiotrace_print(f, event));
	fclose(f);
	mmiotrace_parse(text, size, &again);
	CLAIM(again.kind == event->kind && again.us == event->us && again.map == event->map);
	CLAIM(again.addr == event->addr && again.value == event->value &&
		again.width == event->width && again.size == event->size);
	CLAIM(!strcmp(again.text, event->text) || event->kind != MMIOTRACE_MARK);
	free(text);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct trace_summary summary = { 0 };
	const char *at = (const char *)data, *end = at + size;

	while (at < end) {
		const char *newline = memchr(at, '\n', (size_t)(end - at));
		size_t n = (size_t)((newline ? newline + 1 : end) - at);
		struct mmiotrace_event event;

		mmiotrace_parse(at, n, &event);
		if (event.kind != MMIOTRACE_OTHER)
			check_again(&event);
		CLAIM(!trace_summary_add(&summary, at, n));
		at += n;
	}
	for (size_t i = 1; i < summary.nr_registers; i++)
		CLAIM(summary.registers[i - 1].map <= summary.registers[i].map);
	CLAIM(summary.nr_maps <= TRACE_MAX_MAPS && summary.nr_marks <= TRACE_MAX_MARKS);
	trace_summary_close(&summary);
	return 0;
}
