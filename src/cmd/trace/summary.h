/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a trace in mmiotrace's format comes to: for each register how often it was read and written,
 * and with what; how often each mark came. The trace may be any file: what is kept of it is
 * bounded.
 */
#ifndef CMD_TRACE_SUMMARY_H
#define CMD_TRACE_SUMMARY_H

#include "pci/mmiotrace.h"

#define TRACE_MAX_REGISTERS 65536
#define TRACE_MAX_MARKS     1024
#define TRACE_MAX_MAPS      1024
#define TRACE_MAP_NAME      64

struct trace_register {
	unsigned map;
	u64 addr;
	unsigned width;
	u64 reads, writes;
	u64 first, last; /* values */
	u64 changes;     /* how often a value was another than the one before */
};

struct trace_map {
	unsigned map;
	u64 addr;
	u64 size;
	char name[TRACE_MAP_NAME]; /* "" where no mark named it */
};

struct trace_mark {
	char text[MMIOTRACE_TEXT];
	u64 count;
};

struct trace_summary {
	struct trace_register *registers; /* by map, address and width */
	size_t nr_registers;
	struct trace_map *maps;
	size_t nr_maps;
	struct trace_mark *marks; /* in the order in which they first came */
	size_t nr_marks;
	u64 events, others; /* lines that are events, and that are none */
	u64 left_out;       /* events for which there was no room */
	bool is_trace;      /* it has a VERSION that is known */
};

/* The caller closes it, whatever the result. -ENOMEM. */
int trace_summary_add(struct trace_summary *summary, const char *line, size_t size);
void trace_summary_close(struct trace_summary *summary);

/* The map of a register, NULL where the trace has none. */
const struct trace_map *trace_summary_map(const struct trace_summary *summary, unsigned map);

#endif
