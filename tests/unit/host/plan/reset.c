// SPDX-License-Identifier: GPL-2.0-or-later
/* Which way of reset is taken, for cards of every kind. */
#include <errno.h>
#include <linux/pci_regs.h>
#include <stdio.h>

#include "host/facts/reset.h"
#include "host/plan/reset.h"
#include "unit.h"

/* A port with a card of two functions below it. */
enum { PORT, CARD, SOUND, COUNT };

struct bench {
	struct host host;
	struct host_dev devs[COUNT];
	struct uses uses;
	struct use use;
	struct reset_facts facts;
	struct reset_plan plan;
};

static int setup(void **state)
{
	static const struct host_dev devs[COUNT] = {
		{ .addr = { 0, 0, 1, 0 },
			.known = ~0u,
			.bridge = true,
			.parent = HOST_NONE,
			.group = 1,
			.driver = "pcieport",
			.class = 0x060400 },
		{ .addr = { 0, 1, 0, 0 },
			.known = ~0u,
			.parent = PORT,
			.group = 7,
			.class = 0x030000,
			.driver = "vfio-pci" },
		{ .addr = { 0, 1, 0, 1 },
			.known = ~0u,
			.parent = PORT,
			.group = 8,
			.class = 0x040300,
			.driver = "vfio-pci" },
	};
	struct bench *b = calloc(1, sizeof(*b));

	memcpy(b->devs, devs, sizeof(devs));
	b->host = (struct host){ .devs = b->devs, .count = COUNT };
	b->uses.use = &b->use;
	b->facts = (struct reset_facts){ .host = &b->host, .uses = &b->uses };
	*state = b;
	return 0;
}

static int teardown(void **state)
{
	struct bench *b = *state;

	reset_plan_close(&b->plan);
	free(b);
	return 0;
}

static void plan(struct bench *b, int wanted, u32 failed)
{
	reset_plan_close(&b->plan);
	assert_int_equal(reset_plan(&b->plan, &b->facts, CARD, wanted, failed), 0);
}

/* "flr, slot!, pm": in order, with ! where it cannot be used. */
static const char *ways(struct bench *b)
{
	static char text[256];
	size_t n = 0;

	text[0] = '\0';
	for (unsigned i = 0; i < b->plan.nr_ways; i++)
		n += snprintf(text + n, sizeof(text) - n, "%s%s%s", n ? ", " : "",
			reset_method_name(b->plan.ways[i].method),
			b->plan.ways[i].usable ? "" : "!");
	return text;
}

static const char *chosen(struct bench *b)
{
	return b->plan.chosen < 0 ? "" : reset_method_name(b->plan.ways[b->plan.chosen].method);
}

static void test_order(void **state)
{
	static const struct {
		const char *methods;
		bool alone;
		const char *ways, *chosen;
	} cases[] = {
		{ "flr bus", false, "flr, bus!, slot", "flr" },
		{ "pm bus", false, "bus!, slot, pm", "slot" },
		{ "pm", false, "slot, pm", "slot" },
		{ "", false, "slot", "slot" },
		{ "pm bus", true, "bus, slot, pm", "bus" },
		{ "acpi flr af_flr pm bus", true, "flr, af_flr, bus, slot, acpi, pm", "flr" },
		{ "device_specific flr bus cxl_bus", true,
			"device_specific, flr, bus, slot, cxl_bus", "device_specific" },
		{ "acpi pm", false, "slot, acpi, pm", "slot" },
		{ "odd", true, "slot", "slot" },
	};
	struct bench *b = *state;

	for (unsigned i = 0; i < ARRAY_SIZE(cases); i++) {
		b->devs[CARD].reset_methods = cases[i].methods;
		b->host.count = cases[i].alone ? SOUND : COUNT;
		plan(b, -1, 0);
		assert_string_equal(ways(b), cases[i].ways);
		assert_string_equal(chosen(b), cases[i].chosen);
		assert_int_equal(b->plan.nr_company, !cases[i].alone);
	}
}

/* What goes along has to be VFIO's and free. */
static void test_company(void **state)
{
	struct bench *b = *state;

	b->devs[CARD].reset_methods = "pm";
	plan(b, -1, 0);
	assert_string_equal(b->plan.base.ops[0].file, "/dev/vfio/7");
	assert_string_equal(b->plan.base.ops[0].value, " 7 8 ");
	b->devs[SOUND].driver = NULL;
	plan(b, -1, 0);
	assert_string_equal(chosen(b), "slot");
	b->devs[SOUND].driver = "snd_hda_intel";
	plan(b, -1, 0);
	assert_string_equal(ways(b), "slot!, pm");
	assert_string_equal(
		b->plan.ways[0].why, "it would take 0000:01:00.1 along, which snd_hda_intel has");
	b->devs[SOUND].driver = "pci-stub";
	plan(b, -1, 0);
	assert_string_equal(ways(b), "slot!, pm");
	b->devs[SOUND].driver = "vfio-pci";
	b->use = (struct use){ USE_GUEST, SOUND, "qemu", "/dev/vfio/8", 7 };
	b->uses.nr_uses = 1;
	plan(b, -1, 0);
	assert_string_equal(ways(b), "slot!, pm");
	assert_non_null(strstr(b->plan.ways[0].why, "which a guest has"));
	b->devs[CARD].driver = NULL;
	plan(b, -1, 0);
	assert_non_null(strstr(b->plan.ways[0].why, "VFIO has to have the device"));
	b->devs[CARD].parent = HOST_NONE;
	plan(b, -1, 0);
	assert_non_null(strstr(b->plan.ways[0].why, "root bus"));
	assert_string_equal(chosen(b), "pm");
}

/* One method and no other, and the list put back afterwards. */
static void test_ops(void **state)
{
	struct bench *b = *state;

	b->devs[CARD].reset_methods = "flr pm bus";
	plan(b, RESET_PM, 0);
	assert_int_equal(b->plan.base.nr_ops, 2);
	assert_int_equal(b->plan.base.ops[0].kind, PLAN_WRITE);
	assert_string_equal(
		b->plan.base.ops[0].file, "/sys/bus/pci/devices/0000:01:00.0/reset_method");
	assert_string_equal(b->plan.base.ops[0].value, "pm");
	assert_int_equal(b->plan.base.ops[1].kind, PLAN_RESET);
	assert_string_equal(b->plan.base.ops[1].file, "/sys/bus/pci/devices/0000:01:00.0/reset");
	/* What was tried in vain is not taken again. */
	plan(b, -1, BIT(RESET_FLR));
	assert_string_equal(ways(b), "flr!, bus!, slot, pm");
	assert_string_equal(chosen(b), "slot");
}

static const char *objections(struct bench *b)
{
	static char text[128];
	size_t n = 0;

	text[0] = '\0';
	for (unsigned i = 0; i < b->plan.base.nr_objections; i++)
		n += snprintf(text + n, sizeof(text) - n, "%s%s%s", n ? ", " : "",
			plan_objection_name(b->plan.base.objections[i].kind),
			b->plan.base.objections[i].forceable ? "" : "!");
	return text;
}

static void test_refusals(void **state)
{
	struct bench *b = *state;

	b->devs[CARD].reset_methods = "flr";
	plan(b, RESET_ACPI, 0);
	assert_string_equal(objections(b), "no-reset!");
	assert_int_equal(b->plan.base.nr_ops, 0);
	b->devs[SOUND].driver = "snd_hda_intel";
	plan(b, RESET_SLOT, 0);
	assert_string_equal(objections(b), "no-reset!");
	b->devs[CARD].reset_methods = "";
	plan(b, -1, 0);
	assert_string_equal(objections(b), "no-reset!");
	b->devs[CARD].reset_methods = "flr";
	b->devs[CARD].driver = "amdgpu";
	b->devs[CARD].boot_vga = true;
	plan(b, -1, 0);
	assert_string_equal(objections(b), "in-use, boot-vga");
	assert_true(plan_allowed(&b->plan.base, true));
	b->devs[CARD].driver = "vfio-pci";
	b->use = (struct use){ USE_GUEST, CARD, "qemu", "/dev/vfio/7", 7 };
	b->uses.nr_uses = 1;
	plan(b, -1, 0);
	assert_string_equal(objections(b), "guest!, boot-vga");
}

/* AMD's older cards: vendor-reset's procedure is there although the kernel does not list it. */
static void test_vendor_reset(void **state)
{
	struct bench *b = *state;

	b->devs[CARD].vendor = 0x1002;
	b->devs[CARD].device = 0x731f;
	b->devs[CARD].reset_methods = "pm bus";
	plan(b, -1, 0);
	assert_string_equal(ways(b), "device_specific!, bus!, slot, pm");
	assert_string_equal(chosen(b), "slot");
	assert_non_null(strstr(b->plan.remark, "The module vendor-reset has a procedure"));
	b->facts.vendor_reset = true;
	plan(b, -1, 0);
	assert_string_equal(chosen(b), "device_specific");
	assert_string_equal(b->plan.base.ops[0].value, "device_specific");
	b->devs[CARD].device = 0x744c; /* of a later generation */
	plan(b, -1, 0);
	assert_string_equal(chosen(b), "slot");
	assert_null(b->plan.remark);
}

static void test_names(void **state)
{
	assert_int_equal(reset_method_find("af_flr"), RESET_AF_FLR);
	assert_int_equal(reset_method_find("flrr"), -EINVAL);
	assert_true(reset_has_method("pm bus", "bus"));
	assert_false(reset_has_method("pm cxl_bus", "bus"));
	assert_false(reset_has_method("af_flr", "flr"));
	assert_false(reset_has_method(NULL, "flr"));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_order),
		TEST(test_company),
		TEST(test_ops),
		TEST(test_refusals),
		TEST(test_vendor_reset),
		cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
