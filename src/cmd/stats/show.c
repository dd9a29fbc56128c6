// SPDX-License-Identifier: GPL-2.0-or-later
#include "cmd/stats/show.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "cmd/ui/json.h"
#include "cmd/ui/table.h"

int stats_sample_open(struct stats_sample *sample, int pid, struct err *err)
{
	int ret;

	*sample = (struct stats_sample){ 0 };
	ret = machine_stats_open(&sample->files, pid, err);
	if (ret)
		return ret;
	ret = kvm_stats_open(&sample->vm, sample->files.vm, err);
	for (unsigned i = 0; i < sample->files.nr_cpus && !ret; i++) {
		ret = kvm_stats_open(&sample->cpus[i], sample->files.cpus[i], err);
		sample->nr_cpus += !ret;
	}
	if (ret)
		stats_sample_close(sample);
	return ret;
}

void stats_sample_close(struct stats_sample *sample)
{
	for (unsigned i = 0; i < sample->nr_cpus; i++)
		kvm_stats_close(&sample->cpus[i]);
	kvm_stats_close(&sample->vm);
	machine_stats_close(&sample->files);
}

static struct stats_line *line_of(struct stats_sample *sample, const struct kvm_stat *stat)
{
	for (unsigned i = 0; i < sample->nr; i++)
		if (!strcmp(sample->lines[i].name, stat->name))
			return &sample->lines[i];
	if (sample->nr == STATS_MAX)
		return NULL;
	sample->lines[sample->nr] = (struct stats_line){
		.name = stat->name,
		.counts = stat->counts,
	};
	return &sample->lines[sample->nr++];
}

static int add(struct stats_sample *sample, struct kvm_stats *stats, struct err *err)
{
	int ret = kvm_stats_read(stats, err);

	for (unsigned i = 0; i < stats->nr && !ret; i++) {
		struct stats_line *line = line_of(sample, &stats->stats[i]);

		if (line)
			line->now += kvm_stats_value(stats, i);
	}
	return ret;
}

int stats_sample_take(struct stats_sample *sample, struct err *err)
{
	int ret;

	for (unsigned i = 0; i < sample->nr; i++) {
		sample->lines[i].before = sample->lines[i].now;
		sample->lines[i].now = 0;
	}
	sample->time_before = sample->time;
	sample->time = clock_monotonic(&clock_system);
	ret = add(sample, &sample->vm, err);
	for (unsigned i = 0; i < sample->nr_cpus && !ret; i++)
		ret = add(sample, &sample->cpus[i], err);
	return ret;
}

u64 stats_rate(const struct stats_sample *sample, const struct stats_line *line)
{
	u64 ns = sample->time - sample->time_before;
	double events = line->now > line->before ? (double)(line->now - line->before) : 0;

	return ns ? (u64)(events * NS_PER_S / ns + 0.5) : 0;
}

/* Events come first, the most frequent first; other values follow, by name. */
static int compare(const void *a, const void *b)
{
	const struct stats_line *one = *(const struct stats_line *const *)a;
	const struct stats_line *other = *(const struct stats_line *const *)b;
	u64 rose = one->now - one->before, other_rose = other->now - other->before;

	if (one->counts != other->counts)
		return one->counts ? -1 : 1;
	if (one->counts && rose != other_rose)
		return rose > other_rose ? -1 : 1;
	return strcmp(one->name, other->name);
}

/* Writes the lines to show to @lines, in order. Returns their number. */
static unsigned choose(
	const struct stats_sample *sample, bool all, const struct stats_line *lines[STATS_MAX])
{
	unsigned nr = 0;

	for (unsigned i = 0; i < sample->nr; i++) {
		const struct stats_line *line = &sample->lines[i];

		if (all || (line->counts && line->now != line->before))
			lines[nr++] = line;
	}
	qsort(lines, nr, sizeof(*lines), compare);
	return nr;
}

void stats_print(const struct stats_sample *sample, bool all)
{
	static const struct table_column columns[] = {
		{ .title = "NAME" },
		{ .title = "PER SECOND", .right = true },
		{ .title = "TOTAL", .right = true },
	};
	const struct stats_line *lines[STATS_MAX];
	unsigned nr = choose(sample, all, lines);
	struct table *table = table_new(columns, ARRAY_SIZE(columns));
	struct term term = term_of(stdout);

	if (!table)
		return;
	for (unsigned i = 0; i < nr; i++) {
		table_text(table, PLAIN, lines[i]->name);
		if (lines[i]->counts)
			table_cell(table, PLAIN, "%llu",
				(unsigned long long)stats_rate(sample, lines[i]));
		else
			table_text(table, PLAIN, "");
		table_cell(table, PLAIN, "%llu", (unsigned long long)lines[i]->now);
	}
	table_print(table, &term);
	table_free(table);
}

void stats_print_json(const struct stats_sample *sample, bool all)
{
	const struct stats_line *lines[STATS_MAX];
	unsigned nr = choose(sample, all, lines);
	struct json_object *json = json_object_new_object();

	json_add_number(json, "schema_version", JSON_SCHEMA_VERSION);
	json_add_number(json, "cpus", sample->nr_cpus);
	for (unsigned i = 0; i < nr; i++) {
		struct json_object *stat = json_object_new_object();

		if (lines[i]->counts)
			json_add_number(stat, "rate", (s64)stats_rate(sample, lines[i]));
		json_add_number(stat, "total", (s64)lines[i]->now);
		json_add(json, lines[i]->name, stat);
	}
	puts(json_object_to_json_string_ext(json, JSON_C_TO_STRING_PLAIN));
	json_object_put(json);
}
