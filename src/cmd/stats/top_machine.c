// SPDX-License-Identifier: GPL-2.0-or-later
#include "cmd/stats/top.h"

#include <dirent.h>
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/own.h"
#include "cmd/machines/client.h"

#define MAX_FDS 4096 /* of a process that are looked at */

/* What a file has in one read; "" if that fails. */
static void read_text(const char *path, char *text, size_t size)
{
	own_file FILE *f = fopen(path, "re");
	size_t n = f ? fread(text, 1, size - 1, f) : 0;

	text[n] = '\0';
}

bool top_parse_fdinfo(const char *text, char name[IFNAMSIZ])
{
	const char *line = strstr(text, "\niff:\t");

	/* A name that is no name of an interface must not lead out of its directory. */
	return line && sscanf(line, "\niff:\t%15[^\n]", name) == 1 && !strchr(name, '/') &&
	       *name != '.';
}

static u64 number_in(const char *name, const char *file)
{
	char path[96], text[32];

	snprintf(path, sizeof(path), "/sys/class/net/%s/statistics/%s", name, file);
	read_text(path, text, sizeof(text));
	return strtoull(text, NULL, 10);
}

/* What the host sends to a tap, the guest receives. Each queue of a tap has a descriptor. */
static void read_taps(int pid, struct top_counters *now)
{
	char path[64], text[512], name[IFNAMSIZ], last[IFNAMSIZ] = "";
	const struct dirent *entry;
	own_dir DIR *d = NULL;

	snprintf(path, sizeof(path), "/proc/%d/fdinfo", pid);
	d = opendir(path);
	for (unsigned n = 0; d && n < MAX_FDS && (entry = readdir(d)); n++) {
		snprintf(path, sizeof(path), "/proc/%d/fdinfo/%.12s", pid, entry->d_name);
		read_text(path, text, sizeof(text));
		if (!top_parse_fdinfo(text, name) || !strcmp(name, last))
			continue;
		strcpy(last, name);
		now->has_taps = true;
		now->received += number_in(name, "tx_bytes");
		now->sent += number_in(name, "rx_bytes");
	}
}

static u64 member(struct json_object *json, const char *name)
{
	struct json_object *value;

	if (!json_object_object_get_ex(json, name, &value) || json_object_get_int64(value) < 0)
		return 0;
	return (u64)json_object_get_int64(value);
}

static void add_disks(struct json_object *list, struct top_counters *now)
{
	size_t nr = json_object_is_type(list, json_type_array) ? json_object_array_length(list) : 0;

	for (size_t i = 0; i < nr; i++) {
		struct json_object *stats;

		if (!json_object_object_get_ex(json_object_array_get_idx(list, i), "stats", &stats))
			continue;
		now->has_disks = true;
		now->read += member(stats, "rd_bytes");
		now->written += member(stats, "wr_bytes");
	}
}

/* What only the machine knows. One without a name, or that does not answer, tells nothing. */
static void ask(const struct top_machine *machine, struct top_counters *now)
{
	struct json_object *disks = NULL, *facts = NULL;
	struct client client;
	struct err silent = { 0 };

	if (!*machine->name)
		return;
	if (!client_connect(&client, machine->name, &silent) && client.pid == machine->pid) {
		disks = client_ask(&client, "query-blockstats", &silent);
		facts = client_ask(&client, "x-tenon-query-machine", &silent);
	}
	client_disconnect(&client);
	add_disks(disks, now);
	now->mapped = member(facts, "mapped");
	now->to_map = member(facts, "to-map");
	json_object_put(disks);
	json_object_put(facts);
}

int top_machine_read(struct top_machine *machine, struct err *err)
{
	machine->before = machine->now;
	machine->now = (struct top_counters){ 0 };
	if (machine_has_ended(&machine->exits.files) ||
		!process_read_stat(machine->pid, &machine->now.process))
		return err_set(err, ESRCH, "machine %d has ended", machine->pid);
	ask(machine, &machine->now);
	read_taps(machine->pid, &machine->now);
	return stats_sample_take(&machine->exits, err);
}

int top_machine_open(struct top_machine *machine, int pid, struct err *err)
{
	int ret;

	machine->pid = pid;
	machine_name(pid, machine->name);
	ret = stats_sample_open(&machine->exits, pid, err);
	if (!ret) {
		ret = top_machine_read(machine, err);
		machine->before = machine->now;
		if (ret)
			stats_sample_close(&machine->exits);
	}
	return ret;
}

void top_machine_close(struct top_machine *machine)
{
	stats_sample_close(&machine->exits);
}

double top_rate(const struct top_machine *machine, u64 now, u64 before)
{
	u64 ns = machine->exits.time - machine->exits.time_before;

	return ns && machine->exits.time_before && now > before
		       ? (double)(now - before) * NS_PER_S / (double)ns
		       : 0;
}

double top_percent(const struct top_machine *machine, u64 now, u64 before)
{
	return 100 * top_rate(machine, now, before) / (double)sysconf(_SC_CLK_TCK);
}

u64 top_exits(const struct top_machine *machine, const char **cause)
{
	u64 all = 0, most = 0;

	*cause = NULL;
	for (unsigned i = 0; i < machine->exits.nr; i++) {
		const struct stats_line *line = &machine->exits.lines[i];
		size_t length = strlen(line->name);
		u64 rate = stats_rate(&machine->exits, line);

		if (!strcmp(line->name, "exits")) {
			all = rate;
		} else if (length > 6 && !strcmp(line->name + length - 6, "_exits") &&
			   rate > most) {
			most = rate;
			*cause = line->name;
		}
	}
	return all;
}
