// SPDX-License-Identifier: GPL-2.0-or-later
#include "unit.h"

#include <linux/kvm.h>
#include <stdio.h>
#include <unistd.h>

#include "kernel/kvm_stats.h"

#define NAME_SIZE 24
#define DESC_SIZE (sizeof(struct kvm_stats_desc) + NAME_SIZE)

/* A file as KVM's, with three descriptions and then room for values. */
struct made {
	struct kvm_stats_header header;
	struct {
		struct kvm_stats_desc desc;
		char name[NAME_SIZE];
	} __attribute__((packed)) descs[3];
	u64 values[20];
} __attribute__((packed));

static struct made make(void)
{
	struct made made = {
		.header = {
			.name_size = NAME_SIZE,
			.num_desc = 3,
			.desc_offset = offsetof(struct made, descs),
			.data_offset = offsetof(struct made, values),
		},
		.values = { 7, 8, [11] = 99 },
	};

	made.descs[0].desc = (struct kvm_stats_desc){ .size = 1, .offset = 8 };
	strcpy(made.descs[0].name, "exits");
	made.descs[1].desc = (struct kvm_stats_desc){
		.flags = KVM_STATS_TYPE_LOG_HIST, .size = 10, .offset = 16
	};
	strcpy(made.descs[1].name, "halt_wait_hist");
	made.descs[2].desc =
		(struct kvm_stats_desc){ .flags = KVM_STATS_TYPE_INSTANT, .size = 1, .offset = 88 };
	strcpy(made.descs[2].name, "pages_4k");
	return made;
}

static FILE *file_of(const struct made *made, size_t size)
{
	FILE *f = tmpfile();

	assert_non_null(f);
	assert_int_equal(fwrite(made, 1, size, f), size);
	fflush(f);
	return f;
}

static void numbers_are_read_by_their_names(void **state)
{
	struct made made = make();
	struct kvm_stats stats;
	struct err err = { 0 };
	FILE *f = file_of(&made, sizeof(made));

	assert_int_equal(kvm_stats_open(&stats, fileno(f), &err), 0);
	assert_int_equal(stats.nr, 2); /* a histogram is no number */
	assert_string_equal(stats.stats[0].name, "exits");
	assert_true(stats.stats[0].counts);
	assert_string_equal(stats.stats[1].name, "pages_4k");
	assert_false(stats.stats[1].counts);
	assert_int_equal(kvm_stats_value(&stats, 0), 0);
	assert_int_equal(kvm_stats_read(&stats, &err), 0);
	assert_int_equal(kvm_stats_value(&stats, 0), 8);
	assert_int_equal(kvm_stats_value(&stats, 1), 99);
	kvm_stats_close(&stats);
	fclose(f);
}

static void what_is_no_statistics_is_refused(void **state)
{
	struct made whole = make(), made;
	struct kvm_stats stats;

	for (unsigned i = 0; i < 5; i++) {
		struct err err = { 0 };
		size_t size = sizeof(made);
		bool opens = false;
		FILE *f;

		made = whole;
		switch (i) {
		case 0:
			size = 0;
			break;
		case 1: /* ends within the descriptions */
			size = offsetof(struct made, descs) + DESC_SIZE;
			break;
		case 2:
			made.header.num_desc = 0x7fffffff;
			break;
		case 3:
			made.header.name_size = 0xfffffff0;
			break;
		case 4: /* the values end before what is described */
			size = offsetof(struct made, values) + 16;
			opens = true;
			break;
		}
		f = file_of(&made, size);
		assert_int_equal(kvm_stats_open(&stats, fileno(f), &err) == 0, opens);
		if (opens) {
			assert_true(kvm_stats_read(&stats, &err) < 0);
			kvm_stats_close(&stats);
		}
		assert_string_equal(
			err.text, "the statistics of KVM have a form that tenon does not know");
		fclose(f);
	}
}

/* A name that fills its room, and an offset that no kernel has. */
static void odd_descriptions_do_no_harm(void **state)
{
	struct made made = make();
	struct kvm_stats stats;
	struct err err = { 0 };
	FILE *f;

	memset(made.descs[0].name, 'x', NAME_SIZE);
	made.descs[2].desc.offset = 0xfffffffc;
	f = file_of(&made, sizeof(made));
	assert_int_equal(kvm_stats_open(&stats, fileno(f), &err), 0);
	assert_int_equal(stats.nr, 1);
	assert_int_equal(strlen(stats.stats[0].name), NAME_SIZE);
	assert_int_equal(kvm_stats_read(&stats, &err), 0);
	kvm_stats_close(&stats);
	fclose(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_are_read_by_their_names),
		cmocka_unit_test(what_is_no_statistics_is_refused),
		cmocka_unit_test(odd_descriptions_do_no_harm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
