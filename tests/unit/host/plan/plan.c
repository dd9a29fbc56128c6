// SPDX-License-Identifier: GPL-2.0-or-later
/* Plans from facts made up in memory: who goes along, what is done in which order, what refuses. */
#include "bench.h"

static void test_company(void **state)
{
	struct bench *b = *state;

	plan(b, "01:00.1", (struct plan_request){ 0 });
	assert_string_equal(devices(b), "0000:01:00.0 group, 0000:01:00.1 asked");
	/* The slot brings the USB function, the group the disks; ports stay with the host. */
	plan(b, "02:00.0", (struct plan_request){ 0 });
	assert_string_equal(
		devices(b), "0000:02:00.0 asked, 0000:02:00.1 slot, 0000:03:00.0 group");
	/* From the slot on to that slot's group. */
	plan(b, "02:00.1", (struct plan_request){ 0 });
	assert_string_equal(
		devices(b), "0000:02:00.0 slot, 0000:02:00.1 asked, 0000:03:00.0 group");
	/* Virtual functions go one by one, though they share a number. */
	dev_of(b, "04:00.1")->vf = true;
	plan(b, "04:00.1", (struct plan_request){ 0 });
	assert_string_equal(devices(b), "0000:04:00.1 asked");
	/* On the chipset's own bus a number is shared by strangers. */
	dev_of(b, "04:00.0")->parent = dev_of(b, "04:00.1")->parent = HOST_NONE;
	dev_of(b, "04:00.1")->vf = false;
	plan(b, "04:00.1", (struct plan_request){ 0 });
	assert_string_equal(devices(b), "0000:04:00.1 asked");
}

/* All leave their drivers before the first gets another. */
static void test_order(void **state)
{
	static const enum plan_kind want[] = { PLAN_MODULE, PLAN_WRITE, PLAN_WRITE, PLAN_WRITE,
		PLAN_WRITE, PLAN_WRITE, PLAN_WRITE, PLAN_UNBIND, PLAN_UNBIND, PLAN_KEEP, PLAN_KEEP,
		PLAN_BIND, PLAN_BIND, PLAN_CHECK };
	struct bench *b = *state;
	char text[256];

	plan(b, "01:00.0", (struct plan_request){ 0 });
	assert_int_equal(b->plan.nr_ops, ARRAY_SIZE(want));
	for (unsigned i = 0; i < ARRAY_SIZE(want); i++)
		assert_int_equal(b->plan.ops[i].kind, want[i]);
	assert_string_equal(b->plan.ops[7].file, "/sys/bus/pci/devices/0000:01:00.0/driver/unbind");
	assert_string_equal(b->plan.ops[7].value, "0000:01:00.0");
	assert_string_equal(plan_op_words(&b->plan.ops[7], text, sizeof(text)),
		"0000:01:00.0: leave the driver nouveau");
	assert_string_equal(plan_op_words(&b->plan.ops[1], text, sizeof(text)),
		"0000:01:00.0: set power/control to on");
	assert_string_equal(b->plan.ops[13].file, "/dev/vfio/1");
	assert_true(plan_allowed(&b->plan, false));
}

/* What is with VFIO already stays as it is; pci-stub is none to run a guest with. */
static void test_ready(void **state)
{
	struct bench *b = *state;

	dev_of(b, "01:00.0")->driver = dev_of(b, "01:00.1")->driver = "vfio-pci";
	plan(b, "01:00.0", (struct plan_request){ 0 });
	assert_int_equal(b->plan.nr_ops, 0);
	assert_true(b->plan.devices[0].ready && b->plan.devices[1].ready);
	dev_of(b, "01:00.1")->driver = "pci-stub";
	plan(b, "01:00.0", (struct plan_request){ 0 });
	assert_true(b->plan.devices[0].ready && !b->plan.devices[1].ready);
	assert_null(find_op(b, PLAN_UNBIND, "01:00.0"));
	assert_non_null(find_op(b, PLAN_UNBIND, "01:00.1"));
	/* A variant that has it is as good as vfio-pci, unless vfio-pci is asked for. */
	dev_of(b, "01:00.0")->driver = "mlx5_vfio_pci";
	plan(b, "01:00.0", (struct plan_request){ 0 });
	assert_true(b->plan.devices[0].ready);
	plan(b, "01:00.0", (struct plan_request){ .driver = "vfio-pci" });
	assert_false(b->plan.devices[0].ready);
}

/* The kernel's own VFIO driver for a device is preferred, and only for that device. */
static void test_variant(void **state)
{
	struct bench *b = *state;

	b->module_devs[index_of(b, "01:00.0")].variant = "xe_vfio_pci";
	plan(b, "01:00.0", (struct plan_request){ 0 });
	assert_string_equal(b->plan.devices[0].driver, "xe-vfio-pci");
	assert_string_equal(b->plan.devices[1].driver, "vfio-pci");
	assert_non_null(find_op(b, PLAN_MODULE, "/xe-vfio-pci"));
	assert_non_null(find_op(b, PLAN_MODULE, "/vfio-pci"));
	plan(b, "01:00.0", (struct plan_request){ .driver = "vfio-pci" });
	assert_string_equal(b->plan.devices[0].driver, "vfio-pci");
	assert_null(find_op(b, PLAN_MODULE, "/xe-vfio-pci"));
}

static void test_refused_devices(void **state)
{
	struct bench *b = *state;

	plan(b, "09:00.0", (struct plan_request){ 0 });
	assert_string_equal(objections(b), "no-device!");
	assert_false(plan_allowed(&b->plan, true));
	plan(b, "00:01.0", (struct plan_request){ 0 });
	assert_string_equal(objections(b), "not-assignable!");
	dev_of(b, "04:00.0")->group = HOST_NONE;
	plan(b, "04:00.0", (struct plan_request){ 0 });
	assert_non_null(strstr(objections(b), "no-iommu!"));
	assert_null(find_op(b, PLAN_CHECK, "/dev/vfio/-"));
	dev_of(b, "01:00.0")->removed = true;
	plan(b, "01:00.1", (struct plan_request){ 0 });
	assert_string_equal(objections(b), "gone!");
	dev_of(b, "01:00.0")->removed = false;
	dev_of(b, "01:00.0")->sriov = (struct host_sriov){ .present = true, .enabled = 2 };
	plan(b, "01:00.0", (struct plan_request){ 0 });
	assert_string_equal(objections(b), "has-vfs!");
}

static void test_boot_vga(void **state)
{
	struct bench *b = *state;

	dev_of(b, "02:00.0")->boot_vga = true;
	plan(b, "03:00.0", (struct plan_request){ 0 });
	assert_string_equal(objections(b), "boot-vga");
	assert_false(plan_allowed(&b->plan, false));
	assert_true(plan_allowed(&b->plan, true));
}

static void test_users(void **state)
{
	struct bench *b = *state;

	add_use(b, USE_MOUNT, "03:00.0", "/", "sda2", 0);
	add_use(b, USE_MOUNT, "03:00.0", "/boot", "sda1", 0);
	add_use(b, USE_SWAP, "03:00.0", "/dev/sda3", "sda3", 0);
	add_use(b, USE_ROUTE, "04:00.0", "br0", "eth0", 0);
	add_use(b, USE_PROCESS, "02:00.0", "Xorg", "/dev/dri/card1", 99);
	add_use(b, USE_INPUT, "02:00.1", "A Keyboard", "input3", 0);
	plan(b, "02:00.0", (struct plan_request){ 0 });
	assert_string_equal(objections(b), "in-use, mounted, mounted");
	assert_string_equal(b->plan.objections[0].text,
		"0000:02:00.0 is in use: Xorg (process 99, /dev/dri/card1)");
	assert_string_equal(b->plan.objections[1].text,
		"0000:03:00.0 holds mounted file systems: / (sda2), /boot (sda1)");
	assert_string_equal(b->plan.objections[1].help, "Without it the host cannot go on.");
	/* Both go along with a card that shares their group. */
	assert_int_equal(b->plan.nr_notes, 3);
	assert_non_null(strstr(b->plan.notes[0].text, "02:00.1, a USB controller, goes along"));
	assert_non_null(strstr(b->plan.notes[1].text, "A Keyboard"));
	assert_non_null(strstr(b->plan.notes[2].text, "03:00.0, a disk controller, goes along"));
	plan(b, "04:00.0", (struct plan_request){ 0 });
	assert_string_equal(objections(b), "default-route");
	assert_string_equal(b->plan.objections[0].text,
		"0000:04:00.0 is the host's way to the network: br0 (eth0)");
	/* What is ready needs nothing done to it, so nothing speaks against that. */
	dev_of(b, "04:00.0")->driver = "vfio-pci";
	plan(b, "04:00.0", (struct plan_request){ 0 });
	assert_string_equal(objections(b), "");
}

static void test_guest(void **state)
{
	struct bench *b = *state;

	dev_of(b, "01:00.0")->driver = "vfio-pci";
	dev_of(b, "01:00.1")->driver = "vfio-pci";
	add_use(b, USE_GUEST, "01:00.0", "qemu", "/dev/vfio/1", 7);
	plan(b, "01:00.0", (struct plan_request){ .driver = "xe-vfio-pci" });
	assert_string_equal(objections(b), "guest!");
	/* Bound already, it is not free all the same; it may be made to survive a reboot. */
	plan(b, "01:00.0", (struct plan_request){ 0 });
	assert_string_equal(objections(b), "guest!");
	assert_string_equal(
		b->plan.objections[0].text, "0000:01:00.0 belongs to a guest: qemu (process 7)");
	plan(b, "01:00.0", (struct plan_request){ .persist = true });
	assert_string_equal(
		b->plan.notes[0].text, "0000:01:00.0 belongs to a guest: qemu (process 7)");
}

static void test_root_unknown(void **state)
{
	struct bench *b = *state;

	b->uses.root_unknown = "rpool/ROOT";
	plan(b, "02:00.0", (struct plan_request){ 0 });
	assert_string_equal(objections(b), "root-unknown");
	plan(b, "01:00.0", (struct plan_request){ 0 });
	assert_string_equal(objections(b), "");
}

static void add_screen(struct bench *b, const char *dev, const char *fb, const char *platform)
{
	b->screens[b->uses.nr_screens++] = (struct use_screen){
		.dev = index_of(b, dev),
		.fb = fb,
		.platform = platform,
		.driver = platform ? "simple-framebuffer" : NULL,
	};
}

/* Consoles go off the last picture, before it and the card's driver go. */
static void test_screens(void **state)
{
	struct bench *b = *state;
	const struct plan_op *console, *picture, *unbind;

	b->consoles[0] = (struct use_console){ 0, "(S) dummy device", true, false };
	b->consoles[1] = (struct use_console){ 1, "(M) frame buffer device", true, true };
	b->uses.nr_consoles = 2;
	add_screen(b, "01:00.0", "fb0", "simple-framebuffer.0");
	plan(b, "01:00.0", (struct plan_request){ 0 });
	console = find_op(b, PLAN_WRITE, "/sys/class/vtconsole/vtcon1/bind");
	picture = find_op(b, PLAN_UNBIND, "/platform/");
	unbind = find_op(b, PLAN_UNBIND, "/pci/");
	assert_true(console && picture && unbind && console < picture && picture < unbind);
	assert_string_equal(picture->value, "simple-framebuffer.0");
	assert_null(find_op(b, PLAN_WRITE, "vtcon0"));
	/* Another card has a picture too: consoles find their way there. */
	add_screen(b, "02:00.0", "fb1", NULL);
	plan(b, "01:00.0", (struct plan_request){ 0 });
	assert_null(find_op(b, PLAN_WRITE, "vtcon1"));
	assert_non_null(find_op(b, PLAN_UNBIND, "/platform/"));
	/* A card that stays keeps its picture. */
	plan(b, "04:00.0", (struct plan_request){ 0 });
	assert_null(find_op(b, PLAN_UNBIND, "/platform/"));
}

/* A claim with nothing to take it from: the kernel's command line is the only way. */
static void test_claim(void **state)
{
	struct bench *b = *state;

	b->claims[0] = (struct use_claim){ index_of(b, "01:00.0"), "BOOTFB", 0, 1 };
	b->uses.nr_claims = 1;
	plan(b, "01:00.0", (struct plan_request){ 0 });
	assert_int_equal(b->plan.nr_notes, 1);
	assert_non_null(strstr(b->plan.notes[0].text, "video=efifb:off"));
	add_screen(b, "01:00.0", NULL, "efi-framebuffer.0");
	plan(b, "01:00.0", (struct plan_request){ 0 });
	assert_int_equal(b->plan.nr_notes, 0);
}

static void test_modes(void **state)
{
	static const struct {
		bool known, bios, efi;
		u32 class;
		enum plan_mode asked, mode;
		bool objection;
	} cases[] = {
		{ true, true, true, 0x030000, PLAN_MODE_AUTO, PLAN_MODE_UEFI, false },
		{ true, true, false, 0x030000, PLAN_MODE_AUTO, PLAN_MODE_BIOS, false },
		{ true, true, false, 0x030200, PLAN_MODE_AUTO, PLAN_MODE_SECONDARY, false },
		{ true, false, false, 0x030000, PLAN_MODE_AUTO, PLAN_MODE_SECONDARY, false },
		{ false, false, false, 0x030000, PLAN_MODE_AUTO, PLAN_MODE_UNKNOWN, false },
		{ true, true, false, 0x030000, PLAN_MODE_UEFI, PLAN_MODE_UEFI, true },
		{ true, false, true, 0x030000, PLAN_MODE_UEFI, PLAN_MODE_UEFI, false },
		{ true, false, true, 0x030000, PLAN_MODE_BIOS, PLAN_MODE_BIOS, true },
		{ true, true, true, 0x038000, PLAN_MODE_BIOS, PLAN_MODE_BIOS, true },
		{ true, true, true, 0x030000, PLAN_MODE_BIOS, PLAN_MODE_BIOS, false },
		{ false, false, false, 0x030000, PLAN_MODE_BIOS, PLAN_MODE_BIOS, false },
		{ true, false, false, 0x030000, PLAN_MODE_SECONDARY, PLAN_MODE_SECONDARY, false },
	};
	struct bench *b = *state;

	b->facts.nr_roms = 1;
	for (unsigned i = 0; i < ARRAY_SIZE(cases); i++) {
		dev_of(b, "01:00.0")->class = cases[i].class;
		b->rom = (struct plan_rom){ index_of(b, "01:00.0"), cases[i].known, cases[i].bios,
			cases[i].efi, "why bios", "why efi", "why not" };
		plan(b, "01:00.0", (struct plan_request){ .mode = cases[i].asked });
		assert_int_equal(b->plan.nr_boot, 1);
		assert_int_equal(b->plan.boots[0].mode, cases[i].mode);
		assert_string_equal(objections(b), cases[i].objection ? "rom-mode" : "");
		assert_non_null(b->plan.boots[0].why);
	}
}

static void test_persist(void **state)
{
	struct bench *b = *state;
	const struct plan_op *rules, *deps;

	plan(b, "01:00.0", (struct plan_request){ .persist = true });
	assert_string_equal(objections(b), "no-persist!");
	b->modules.udev = b->modules.modprobe = b->modules.initramfs_tools = true;
	b->module_devs[index_of(b, "01:00.0")] =
		(struct device_modules){ .claims = { "nouveau", "nvidia" }, .nr_claims = 2 };
	b->module_devs[index_of(b, "01:00.1")] =
		(struct device_modules){ .claims = { "snd_hda_intel" }, .nr_claims = 1 };
	plan(b, "01:00.1", (struct plan_request){ .persist = true });
	rules = find_op(b, PLAN_FILE, "/etc/udev/rules.d/10-tenon-0000-01-00.0.rules");
	deps = find_op(b, PLAN_FILE, "/etc/modprobe.d/tenon-0000-01-00.0.conf");
	assert_non_null(rules);
	assert_non_null(deps);
	/* A card that was moved to another slot, or another card in this one, is left alone. */
	assert_non_null(strstr(rules->value,
		"KERNEL==\"0000:01:00.0\", ATTR{vendor}==\"0x10de\", ATTR{device}==\"0x1001\", "
		"ATTR{driver_override}=\"vfio-pci\""));
	assert_non_null(strstr(rules->value, "KERNEL==\"0000:01:00.1\""));
	assert_non_null(strstr(deps->value, "softdep nvidia pre: vfio-pci\n"));
	assert_non_null(strstr(deps->value, "softdep snd_hda_intel pre: vfio-pci\n"));
	assert_non_null(find_op(b, PLAN_FILE, "/etc/initramfs-tools/hooks/tenon-0000-01-00.0"));
	assert_string_equal(b->plan.after, "update-initramfs -u -k all");
	/* After everything else: only what works is made to last. */
	assert_int_equal(b->plan.ops[b->plan.nr_ops - 1].kind, PLAN_FILE);
	assert_true(find_op(b, PLAN_CHECK, "") < rules);
}

/* After a reboot the rule finds the files by the device, and only those of that card. */
static void test_user(void **state)
{
	const struct plan_request request = { .persist = true, .user = "desk", .uid = 1234 };
	const char *file = "/etc/udev/rules.d/10-tenon-0000-01-00.0-user.rules";
	struct bench *b = *state;
	const struct plan_op *op;
	char group[32];

	b->modules.udev = true;
	plan(b, "01:00.0", request);
	snprintf(group, sizeof(group), "/dev/vfio/%d", b->host.devs[index_of(b, "01:00.0")].group);
	op = find_op(b, PLAN_OWNER, group);
	assert_non_null(op);
	assert_string_equal(op->value, "1234");
	assert_true(find_op(b, PLAN_CHECK, "") < op);
	assert_non_null(find_op(b, PLAN_OWNER, "/sys/bus/pci/devices/0000:01:00.1/vfio-dev"));
	assert_non_null(find_op(b, PLAN_OWNER, "/dev/iommu"));
	op = find_op(b, PLAN_FILE, file);
	assert_non_null(op);
	assert_non_null(strstr(op->value, "SUBSYSTEM==\"misc\", KERNEL==\"iommu\", OWNER=\"desk\", "
					  "OPTIONS+=\"static_node=iommu\"\n"));
	assert_non_null(strstr(op->value,
		"SUBSYSTEM==\"vfio\", "
		"TEST==\"/sys/kernel/iommu_groups/%k/devices/0000:01:00.0\", "
		"ENV{TENON_IDS}=\"$attr{[pci/0000:01:00.0]vendor}$attr{[pci/0000:01:00.0]device}"
		"\"\nSUBSYSTEM==\"vfio\", ENV{TENON_IDS}==\"0x10de0x1001\", OWNER=\"desk\"\n"));
	assert_non_null(strstr(op->value, "SUBSYSTEM==\"vfio-dev\", KERNELS==\"0000:01:00.1\""));
	plan(b, "01:00.0", (struct plan_request){ .user = "desk", .uid = 1234 });
	assert_null(find_op(b, PLAN_FILE, file));
	plan(b, "01:00.0", (struct plan_request){ .persist = true });
	assert_null(find_op(b, PLAN_OWNER, group));
}

/* From the text of an lspci: no users, no modules, and a plan all the same. */
static void test_few_facts(void **state)
{
	struct bench *b = *state;

	b->facts = (struct plan_facts){ .host = &b->host };
	plan(b, "01:00.0", (struct plan_request){ .persist = true });
	assert_int_equal(b->plan.nr_devices, 2);
	assert_int_equal(b->plan.boots[0].mode, PLAN_MODE_UNKNOWN);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_company),
		TEST(test_order),
		TEST(test_ready),
		TEST(test_variant),
		TEST(test_refused_devices),
		TEST(test_boot_vga),
		TEST(test_users),
		TEST(test_guest),
		TEST(test_root_unknown),
		TEST(test_screens),
		TEST(test_claim),
		TEST(test_modes),
		TEST(test_persist),
		TEST(test_user),
		TEST(test_few_facts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
