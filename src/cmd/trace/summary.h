/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A summary of a trace in mmiotrace's format: for each register, how often it was read and written
 * and with which values; and how often each mark occurs. The trace may be any file, so the size of
 * the summary is bounded.
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
	u64 changes;     /* how often a value differed from the previous one */
};

struct trace_map {
	unsigned map;
	u64 addr;
	u64 size;
	char name[TRACE_MAP_NAME]; /* "": no mark named it */
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
	struct trace_mark *marks; /* in the order of their first occurrence */
	size_t nr_marks;
	u64 events, others; /* lines that are events, and other lines */
	u64 left_out;       /* events for which there was no room */
	bool is_trace;      /* it has a known VERSION line */
};

/* Adds a line of the trace. Returns 0 or -ENOMEM; the caller closes @summary in both cases. */
int trace_summary_add(struct trace_summary *summary, const char *line, size_t size);
void trace_summary_close(struct trace_summary *summary);

/* The map with this number, or NULL if the trace does not have it. */
const struct trace_map *trace_summary_map(const struct trace_summary *summary, unsigned map);

#endif
