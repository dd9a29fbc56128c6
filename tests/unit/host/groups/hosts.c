// SPDX-License-Identifier: GPL-2.0-or-later
/* The made-up hosts of tests/hosts: each says in its first lines which groups it has. */
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/own.h"
#include "host/groups/groups.h"
#include "host/groups/why.h"
#include "host/scan/scan.h"
#include "unit.h"

#define MAX_DEVICES 64
#define NONE        (-1)

struct expectation {
	int group[MAX_DEVICES]; /* by device: the line that names it; NONE: in no group */
	int lines;
};

/* "# groups: A B C" and "# none: A B". A device that no line names is alone. */
static void read_expectation(const char *path, const struct host *host, struct expectation *want)
{
	own_file FILE *file = fopen(path, "r");
	char line[512];

	assert_non_null(file);
	want->lines = 0;
	for (unsigned i = 0; i < host->count; i++)
		want->group[i] = 1000 + i;
	while (fgets(line, sizeof(line), file) && line[0] == '#') {
		bool none = !strncmp(line, "# none:", 7);
		char *rest = line + (none ? 7 : 9), *word;

		if (!none && strncmp(line, "# groups:", 9))
			continue;
		while ((word = strsep(&rest, " \n"))) {
			struct pci_addr addr;
			int dev;

			if (!*word)
				continue;
			assert_int_equal(pci_addr_parse(word, &addr), 0);
			dev = host_find(host, addr);
			if (dev == HOST_NONE)
				fail_msg("%s has no %s", path, word);
			want->group[dev] = none ? NONE : want->lines;
		}
		want->lines++;
	}
	assert_true(want->lines > 0);
}

static void check_host(const char *path)
{
	struct scan_source source = { .lspci = path };
	struct host host = { 0 };
	struct groups groups;
	struct expectation want;
	struct err err = { 0 };

	if (scan_host(&host, &source, &err))
		fail_msg("%s", err.text);
	assert_in_range(host.count, 1, MAX_DEVICES);
	assert_int_equal(groups_predict(&host, &groups), 0);
	assert_int_equal(groups.unknown, 0);
	read_expectation(path, &host, &want);
	for (unsigned a = 0; a < host.count; a++) {
		assert_int_equal(want.group[a] == NONE, groups.of[a] == HOST_NONE);
		for (unsigned b = 0; b < a; b++) {
			bool together = want.group[a] == want.group[b] && want.group[a] != NONE;
			bool found = groups.of[a] == groups.of[b] && groups.of[a] != HOST_NONE;
			char x[PCI_ADDR_SIZE], y[PCI_ADDR_SIZE];

			if (together != found)
				fail_msg("%s: %s and %s are %s", path,
					pci_addr_text(host.devs[a].addr, x),
					pci_addr_text(host.devs[b].addr, y),
					found ? "together" : "apart");
		}
	}
	groups_close(&groups);
	host_close(&host);
}

static char *hosts(const char *what)
{
	char *path = NULL;

	assert_true(asprintf(&path, "%s/tests/hosts/%s", getenv("TENON_SOURCE"), what) > 0);
	return path;
}

static void groups_are_as_each_host_says(void **state)
{
	own_free char *pattern = hosts("*.txt");
	glob_t found;

	assert_int_equal(glob(pattern, 0, NULL, &found), 0);
	assert_true(found.gl_pathc >= 9);
	for (size_t i = 0; i < found.gl_pathc; i++)
		check_host(found.gl_pathv[i]);
	globfree(&found);
}

static void open_host(const char *name, struct host *host, struct groups *groups)
{
	own_free char *path = hosts(name);
	struct scan_source source = { .lspci = path };
	struct err err = { 0 };

	*host = (struct host){ 0 };
	assert_int_equal(scan_host(host, &source, &err), 0);
	assert_int_equal(groups_predict(host, groups), 0);
}

static unsigned dev_at(const struct host *host, const char *text)
{
	struct pci_addr addr;
	int dev;

	assert_int_equal(pci_addr_parse(text, &addr), 0);
	dev = host_find(host, addr);
	assert_true(dev >= 0);
	return dev;
}

static const struct {
	const char *host, *dev;
	enum join_reason reason;
	const char *at; /* the device that is named */
	const char *says;
} reasons[] = {
	{ "switch-ports.txt", "04:00.0", JOIN_PORT, "02:01.0", "(RR UF) off" },
	{ "switch-ports.txt", "05:00.1", JOIN_PORT, "02:02.0", "no ACS capability" },
	{ "switch-ports.txt", "03:00.0", JOIN_FIRST, NULL, "alone" },
	{ "switch.txt", "04:00.0", JOIN_PORT, "01:00.0", "upstream port" },
	{ "conventional.txt", "03:01.0", JOIN_BRIDGE_ID, "02:00.0", "requester id" },
	{ "conventional.txt", "05:02.0", JOIN_BRIDGE_ID, "04:00.0", "requester id" },
	{ "conventional.txt", "06:00.0", JOIN_BRIDGE_ID, "00:1e.0", "requester id" },
	{ "alias.txt", "01:00.1", JOIN_SHARED_ID, "01:00.1", "Marvell" },
	{ "vmd.txt", "10001:81:00.0", JOIN_VMD, "80:05.5", "VMD" },
	{ "rciep.txt", "00:02.1", JOIN_FUNCTIONS, "00:02.0", ".0, .1" },
	{ "sriov.txt", "01:00.1", JOIN_FUNCTIONS, "01:00.0", ".0, .1" },
	{ "amd.txt", "40:00.0", JOIN_NOT_TRANSLATED, NULL, NULL },
};

static void reasons_name_the_place(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(reasons); i++) {
		struct host host;
		struct groups groups;
		struct why why;
		unsigned dev;
		int place;

		open_host(reasons[i].host, &host, &groups);
		dev = dev_at(&host, reasons[i].dev);
		assert_int_equal(groups.join[dev].reason, reasons[i].reason);
		place = why_place(&host, &groups, dev);
		if (reasons[i].at)
			assert_int_equal(place, dev_at(&host, reasons[i].at));
		else
			assert_int_equal(place, HOST_NONE);
		if (reasons[i].says) {
			bool said = false;

			assert_int_equal(
				why_group(&host, &groups, &groups, groups_find(&groups, dev), &why),
				0);
			for (unsigned k = 0; k < why.count; k++)
				said |= strstr(why.line[k].text, reasons[i].says) != NULL;
			if (!said)
				fail_msg("%s: '%s' lacks '%s'", reasons[i].dev, why.line[0].text,
					reasons[i].says);
			assert_int_equal(why.difference, WHY_SAME);
			why_close(&why);
		}
		groups_close(&groups);
		host_close(&host);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(groups_are_as_each_host_says),
		cmocka_unit_test(reasons_name_the_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
