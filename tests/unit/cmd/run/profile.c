// SPDX-License-Identifier: GPL-2.0-or-later
#include "cmd/run/profile.h"

#include <stdio.h>

#include "cmd/run/file.h"
#include "unit.h"

struct given {
	const char *option, *value;
};

static void apply(struct run_request *request, const struct given *given)
{
	struct err err = { 0 };

	for (; given->option; given++) {
		const struct cmd_option *option = option_find(run_options, given->option, "", &err);

		if (!option || run_option_apply(request, option, given->value, &err))
			fail_msg("%s", err.text);
	}
}

/* What the request is as a machine file. The caller frees it. */
static char *printed(const struct run_request *request)
{
	struct err err = { 0 };
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	assert_int_equal(run_file_write(request, f, &err), 0);
	fclose(f);
	return text;
}

static void fill(struct run_request *request)
{
	struct err err = { 0 };

	if (run_profile_fill(request, &err))
		fail_msg("%s", err.text);
}

/* Whether the file has a line, and not one that begins with it. */
static bool has_line(const char *text, const char *line)
{
	for (const char *at = text; (at = strstr(at, line)); at++)
		if ((at == text || at[-1] == '\n') && at[strlen(line)] == '\n')
			return true;
	return false;
}

#define NR_LINES 10

static void each_profile_expands(void **state)
{
	static const struct {
		const char *name;
		const char *lines[NR_LINES];
	} cases[] = {
		{ "windows11", { "for: windows11", "hyperv: on", "rtc: localtime", "tpm: on",
				       "rng: off", "sound: on", "secure-boot: on", "usb-input: on",
				       "- /d,bus=nvme", "- /s,bus=sata" } },
		{ "windows10", { "for: windows10", "hyperv: on", "rtc: localtime", "tpm: off",
				       "rng: off", "sound: on", "secure-boot: off", "usb-input: on",
				       "- /d,bus=nvme", "- /s,bus=sata" } },
		{ "linux", { "for: linux", "hyperv: off", "rtc: utc", "tpm: off", "rng: on",
				   "sound: on", "secure-boot: off", "usb-input: on", "- /d",
				   "- /s,bus=sata" } },
		{ NULL, { "hyperv: off", "rtc: utc", "tpm: off", "rng: off", "sound: off",
				"secure-boot: off", "usb-input: off", "- /d", "- /s,bus=sata",
				"- /c" } },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct given given[] = { { "disk", "/d" }, { "disk", "/s,bus=sata" },
			{ "cdrom", "/c" }, { cases[i].name ? "for" : NULL, cases[i].name },
			{ NULL } };
		struct run_request request;
		char *text;

		run_request_init(&request);
		apply(&request, given);
		fill(&request);
		text = printed(&request);
		for (unsigned n = 0; n < NR_LINES && cases[i].lines[n]; n++)
			if (!has_line(text, cases[i].lines[n]))
				fail_msg("'%s' is not in\n%s", cases[i].lines[n], text);
		free(text);
		run_request_free(&request);
	}
	/* None is forgotten here. */
	for (unsigned i = 0; run_profiles[i].name; i++)
		assert_string_equal(run_profiles[i].name, cases[i].name);
}

static void what_the_user_says_wins(void **state)
{
	static const struct given before[] = { { "rtc", "utc" }, { "hyperv", "off" },
		{ "disk", "/d,bus=virtio" }, { "for", "windows11" }, { NULL } };
	static const struct given after[] = { { "for", "windows11" }, { "rtc", "utc" },
		{ "hyperv", "off" }, { "disk", "/d,bus=virtio" }, { NULL } };
	static const char *const lines[] = { "hyperv: off", "rtc: utc", "tpm: on",
		"- /d,bus=virtio" };

	for (unsigned i = 0; i < 2; i++) {
		struct run_request request, again;
		struct err err = { 0 };
		char *text, *same;

		run_request_init(&request);
		apply(&request, i ? after : before);
		fill(&request);
		text = printed(&request);
		for (unsigned n = 0; n < ARRAY_SIZE(lines); n++)
			if (!has_line(text, lines[n]))
				fail_msg("'%s' is not in\n%s", lines[n], text);
		/* As a machine file it says the same. */
		run_request_init(&again);
		assert_int_equal(run_file_parse(&again, "file", text, strlen(text), &err), 0);
		fill(&again);
		same = printed(&again);
		assert_string_equal(same, text);
		free(same);
		free(text);
		run_request_free(&again);
		run_request_free(&request);
	}
}

/* The last profile counts, and nothing of the one before stays. */
static void a_profile_replaces_another(void **state)
{
	static const struct given given[] = { { "for", "windows11" }, { "disk", "/d" },
		{ "for", "linux" }, { NULL } };
	struct run_request request;

	run_request_init(&request);
	apply(&request, given);
	fill(&request);
	assert_false(request.config.hyperv);
	assert_false(request.config.rtc_localtime);
	assert_false(request.config.tpm.on);
	assert_int_equal(request.disks[0].bus, DISK_VIRTIO);
	run_request_free(&request);
}

/* Options that a profile sets are printed with each value, or a file could not say "not this". */
static void what_a_profile_sets_is_always_printed(void **state)
{
	struct run_request request;
	struct err err = { 0 };

	run_request_init(&request);
	for (const struct profile *profile = run_profiles; profile->name; profile++)
		for (unsigned i = 0; i < PROFILE_SETTINGS && profile->settings[i].option; i++) {
			const struct cmd_option *option =
				option_find(run_options, profile->settings[i].option, "", &err);
			FILE *null = fopen("/dev/null", "w");

			assert_non_null(option);
			assert_int_not_equal(option->kind, OPTION_LIST);
			assert_true(option->print(&request, 0, null));
			fclose(null);
		}
	run_request_free(&request);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_profile_expands),
		cmocka_unit_test(what_the_user_says_wins),
		cmocka_unit_test(a_profile_replaces_another),
		cmocka_unit_test(what_a_profile_sets_is_always_printed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
