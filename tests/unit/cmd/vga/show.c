// SPDX-License-Identifier: GPL-2.0-or-later
/* What `tenon vga` concludes from a host's state. */
#include <linux/pci_regs.h>
#include <string.h>

#include "cmd/vga/vga.h"
#include "unit.h"

enum { HOST_CARD, PORT, CARD, NR };

/* The host's card on the root bus, and one behind a port that vfio-pci has. */
struct bench {
	struct host_dev devs[NR];
	struct vga_show show;
};

static struct vga_card *card(struct bench *b, unsigned i)
{
	return &b->show.cards[i];
}

static int setup(void **state)
{
	struct bench *b = calloc(1, sizeof(*b));

	b->devs[HOST_CARD] = (struct host_dev){
		.addr = { 0, 0, 2, 0 }, .class = 0x030000, .parent = HOST_NONE, .driver = "ast"
	};
	b->devs[PORT] =
		(struct host_dev){ .addr = { 0, 0, 1, 0 }, .bridge = true, .parent = HOST_NONE };
	b->devs[CARD] = (struct host_dev){
		.addr = { 0, 1, 0, 0 }, .class = 0x030000, .parent = PORT, .driver = "vfio-pci"
	};
	b->show.view.host = (struct host){ .devs = b->devs, .count = NR };
	b->show.asked = true;
	b->show.count = 2;
	for (unsigned i = 0; i < 2; i++)
		b->show.cards[i] = (struct vga_card){
			.dev = i ? CARD : HOST_CARD,
			.decoding = VGA_IO | VGA_MEM,
			.path = { .known = true, .open = !i },
			.arbitrated = true,
			.line = { .count = 2, .decodes = VGA_IO | VGA_MEM },
		};
	*state = b;
	return 0;
}

static int teardown(void **state)
{
	free(*state);
	return 0;
}

static bool has(const char *const *remarks, unsigned count, const char *words)
{
	for (unsigned i = 0; i < count; i++)
		if (strstr(remarks[i], words))
			return true;
	return false;
}

/* Whether the card's remarks have the words, and whether it is hindered. */
static void check(struct bench *b, unsigned i, const char *words, bool said, bool hindered)
{
	card(b, i)->nr_remarks = 0;
	card(b, i)->hindered = false;
	vga_conclude(&b->show);
	assert_int_equal(has(card(b, i)->remarks, card(b, i)->nr_remarks, words), said);
	assert_int_equal(card(b, i)->hindered, hindered);
}

static void test_nothing_wrong(void **state)
{
	struct bench *b = *state;

	vga_conclude(&b->show);
	assert_false(card(b, 0)->hindered || card(b, 1)->hindered);
	assert_true(has(b->show.remarks, b->show.nr_remarks, "several cards answer"));
	assert_true(has(card(b, 1)->remarks, card(b, 1)->nr_remarks, "does not reach it now"));
}

static void test_locked(void **state)
{
	struct bench *b = *state;

	card(b, 1)->line.locks = VGA_MEM;
	check(b, 1, "locked", true, true);
	check(b, 0, "locked", false, false);
}

static void test_not_arbitrated(void **state)
{
	struct bench *b = *state;

	card(b, 1)->arbitrated = false;
	check(b, 1, "does not know it", true, true);
	b->show.asked = false;
	check(b, 1, "does not know it", false, false);
}

static void test_disabled(void **state)
{
	struct bench *b = *state;

	b->show.vfio_disables = true;
	check(b, 1, "disable_vga", true, true);
	check(b, 0, "disable_vga", false, false);
}

static void test_intel(void **state)
{
	struct bench *b = *state;

	b->devs[HOST_CARD].driver = "i915";
	check(b, 0, "cannot stop answering", true, false);
	b->show.count = 1;
	check(b, 0, "cannot stop answering", false, false);
}

/* Its driver does without, which the kernel believes; on the root bus nothing else helps. */
static void test_opted_out(void **state)
{
	static const char wrong[] = "if it answers all the same";
	struct bench *b = *state;

	card(b, 0)->line.decodes = 0;
	check(b, 0, wrong, true, false);
	card(b, 0)->decoding = 0;
	check(b, 0, wrong, false, false);
	card(b, 0)->decoding = VGA_MEM;
	b->devs[HOST_CARD].driver = "amdgpu";
	check(b, 0, wrong, false, false);
	check(b, 0, "need not switch it off", true, false);
	b->devs[HOST_CARD].driver = "ast";
	b->devs[HOST_CARD].parent = PORT;
	check(b, 0, wrong, false, false);
	b->show.nr_remarks = 0;
	vga_conclude(&b->show);
	assert_false(has(b->show.remarks, b->show.nr_remarks, "several cards answer"));
}

static void test_boot(void **state)
{
	struct bench *b = *state;

	b->devs[HOST_CARD].boot_vga = true;
	check(b, 0, "a copy that has run", true, false);
	check(b, 1, "a copy that has run", false, false);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_nothing_wrong),
		TEST(test_locked),
		TEST(test_not_arbitrated),
		TEST(test_disabled),
		TEST(test_intel),
		TEST(test_opted_out),
		TEST(test_boot),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
