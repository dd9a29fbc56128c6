// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * `tenon metrics`: the statistics of all machines in the text format of OpenMetrics 1.0, as
 * Prometheus reads it.
 */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/own.h"
#include "cmd/cmd.h"
#include "cmd/stats/show.h"
#include "kernel/process.h"

struct metrics {
	struct stats_sample *machines[MACHINES_MAX];
	int pids[MACHINES_MAX];
	/* A name has no more characters than were escaped, each as two. */
	char names[MACHINES_MAX][2 * MACHINE_NAME_SIZE];
	unsigned nr;
};

/* 5.2: backslashes and quotes are escaped within a label's value; a name has no newline. */
static void escape(char *to, const char *name)
{
	for (; *name; name++) {
		if (*name == '\\' || *name == '"')
			*to++ = '\\';
		*to++ = *name;
	}
	*to = '\0';
}

/* A machine that ends meanwhile is left out. Returns 0, or -ENOMEM. */
static int take(struct metrics *metrics, int pid, struct err *err)
{
	struct stats_sample *sample = calloc(1, sizeof(*sample));
	struct err ended = { 0 };
	char name[MACHINE_NAME_SIZE];
	int ret;

	if (!sample)
		return err_sys(err, ENOMEM, "cannot hold the statistics");
	ret = stats_sample_open(sample, pid, &ended);
	if (!ret && stats_sample_take(sample, &ended))
		stats_sample_close(sample);
	if (ended.code) {
		log_warn("%s", ended.text);
		free(sample);
		return 0;
	}
	machine_name(pid, name);
	escape(metrics->names[metrics->nr], name);
	metrics->pids[metrics->nr] = pid;
	metrics->machines[metrics->nr++] = sample;
	return 0;
}

static void print_labels(const struct metrics *metrics, unsigned i)
{
	printf("{machine=\"%s\",pid=\"%d\"} ", metrics->names[i], metrics->pids[i]);
}

static double cpu_seconds(int pid)
{
	struct process_stat stat = { 0 };

	process_read_stat(pid, &stat);
	return (double)stat.time / (double)sysconf(_SC_CLK_TCK);
}

static const struct stats_line *line_of(const struct stats_sample *sample, const char *name)
{
	for (unsigned i = 0; i < sample->nr; i++)
		if (!strcmp(sample->lines[i].name, name))
			return &sample->lines[i];
	return NULL;
}

/* All machines have KVM's statistics of one kernel, in one family each. */
static void print_family(const struct metrics *metrics, const struct stats_line *family)
{
	char name[128];

	snprintf(name, sizeof(name), "tenon_kvm_%.100s", family->name);
	for (char *c = name; *c; c++)
		if (!isalnum((unsigned char)*c))
			*c = '_';
	printf("# TYPE %s %s\n", name, family->counts ? "counter" : "gauge");
	for (unsigned i = 0; i < metrics->nr; i++) {
		const struct stats_line *line = line_of(metrics->machines[i], family->name);

		if (!line)
			continue;
		printf("%s%s", name, family->counts ? "_total" : "");
		print_labels(metrics, i);
		printf("%llu\n", (unsigned long long)line->now);
	}
}

static void print(const struct metrics *metrics)
{
	puts("# TYPE tenon_machines gauge\n# HELP tenon_machines Machines that run here.");
	printf("tenon_machines %u\n", metrics->nr);
	puts("# TYPE tenon_vcpus gauge\n# HELP tenon_vcpus Virtual processors.");
	for (unsigned i = 0; i < metrics->nr; i++) {
		fputs("tenon_vcpus", stdout);
		print_labels(metrics, i);
		printf("%u\n", metrics->machines[i]->nr_cpus);
	}
	puts("# TYPE tenon_cpu_seconds counter\n# UNIT tenon_cpu_seconds seconds\n"
	     "# HELP tenon_cpu_seconds Processor time of the machine's process.");
	for (unsigned i = 0; i < metrics->nr; i++) {
		fputs("tenon_cpu_seconds_total", stdout);
		print_labels(metrics, i);
		printf("%.2f\n", cpu_seconds(metrics->pids[i]));
	}
	for (unsigned i = 0; metrics->nr && i < metrics->machines[0]->nr; i++)
		print_family(metrics, &metrics->machines[0]->lines[i]);
	puts("# EOF");
}

static int metrics_main(const struct cmd_call *call, struct err *err)
{
	own_free struct metrics *metrics = calloc(1, sizeof(*metrics));
	int pids[MACHINES_MAX], ret = metrics ? 0 : err_sys(err, ENOMEM, "cannot begin");
	unsigned nr = machines_find(pids);

	for (unsigned i = 0; i < nr && !ret; i++)
		ret = take(metrics, pids[i], err);
	if (!ret)
		print(metrics);
	for (unsigned i = 0; metrics && i < metrics->nr; i++) {
		stats_sample_close(metrics->machines[i]);
		free(metrics->machines[i]);
	}
	return ret ? EXIT_CANNOT : EXIT_FINE;
}

const struct cmd cmd_metrics = {
	.name = "metrics",
	.summary = "print the statistics of all machines for Prometheus",
	.description = "Prints the statistics of all machines that this user may look at, in the "
		       "text format of\n"
		       "OpenMetrics: processor time, exits by cause, and whatever else KVM counts. "
		       "Write it to a\n"
		       "file of node_exporter's textfile collector, by way of a temporary file.\n",
	.exits = { "done" },
	.main = metrics_main,
};
