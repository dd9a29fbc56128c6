// SPDX-License-Identifier: GPL-2.0-or-later
/* The sysfs reader on small trees made here: parents, virtual functions, VMD, few rights. */
#include <errno.h>
#include <linux/pci_regs.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/own.h"
#include "host/groups/groups.h"
#include "host/scan/scan.h"
#include "unit.h"

#define BUS "sys/bus/pci/devices"

static char root[64];

static void make_directories(const char *path)
{
	char full[512];

	snprintf(full, sizeof(full), "%s/%s", root, path);
	for (char *slash = full + strlen(root) + 1; (slash = strchr(slash, '/')); slash++) {
		*slash = '\0';
		mkdir(full, 0755);
		*slash = '/';
	}
	assert_true(mkdir(full, 0755) == 0 || errno == EEXIST);
}

static void put(const char *directory, const char *name, const void *bytes, size_t size)
{
	own_file FILE *file = NULL;
	char path[512];

	snprintf(path, sizeof(path), "%s/%s/%s", root, directory, name);
	file = fopen(path, "w");
	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, size, file), size);
}

static void put_text(const char *directory, const char *name, const char *text)
{
	put(directory, name, text, strlen(text));
}

static void make_link(const char *target, const char *directory, const char *name)
{
	char path[512];

	snprintf(path, sizeof(path), "%s/%s/%s", root, directory, name);
	assert_int_equal(symlink(target, path), 0);
}

struct maker {
	const char *directory; /* below sys/devices; its last component is the address */
	u32 class;
	int type; /* PCI_EXP_TYPE_*, -1 for none */
	u8 secondary;
	bool virtual;
	bool direct;   /* the directory itself is where its link would be */
	unsigned size; /* of the config file, 0: 4096 */
	const char *driver;
};

static void make_device(const struct maker *maker)
{
	u8 config[4096] = { 0x34, 0x12, 0x01, 0x00 };
	char directory[256], link[320];
	const char *name = strrchr(maker->directory, '/') + 1;

	snprintf(directory, sizeof(directory), "sys/devices/%s", maker->directory);
	make_directories(directory);
	if (maker->virtual)
		memset(config, 0xff, 4);
	put_le32(config + PCI_CLASS_REVISION, maker->class << 8);
	if (maker->secondary) {
		config[PCI_HEADER_TYPE] = PCI_HEADER_TYPE_BRIDGE;
		config[PCI_SECONDARY_BUS] = maker->secondary;
		config[PCI_SUBORDINATE_BUS] = maker->secondary;
	}
	if (maker->type >= 0) {
		config[PCI_STATUS] = PCI_STATUS_CAP_LIST;
		config[PCI_CAPABILITY_LIST] = 0x40;
		put_le32(config + 0x40, PCI_CAP_ID_EXP | (2u | maker->type << 4) << 16);
		put_le32(config + 0x100, PCI_EXT_CAP_ID_ACS | 1 << 16);
		put_le32(config + 0x104, PCI_ACS_ISOLATION | PCI_ACS_ISOLATION << 16);
	}
	put(directory, "config", config, maker->size ? maker->size : sizeof(config));
	put_text(directory, "vendor", "0x8086\n");
	put_text(directory, "device", "0x154c\n");
	if (maker->driver) {
		snprintf(link, sizeof(link), "../../../bus/pci/drivers/%s", maker->driver);
		make_link(link, directory, "driver");
	}
	snprintf(link, sizeof(link), "../../../devices/%s", maker->directory);
	if (!maker->direct)
		make_link(link, BUS, name);
}

static int setup(void **state)
{
	strcpy(root, "/tmp/tenon-sysfs-XXXXXX");
	assert_non_null(mkdtemp(root));
	make_directories(BUS);
	return 0;
}

static int teardown(void **state)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -rf %s", root);
	return system(command);
}

static void scan(struct host *host)
{
	struct scan_source source = { .sysroot = root };
	struct err err = { 0 };

	*host = (struct host){ 0 };
	if (scan_host(host, &source, &err))
		fail_msg("%s", err.text);
	assert_int_equal(host->source, HOST_CAPTURED);
}

static const struct host_dev *dev_at(const struct host *host, const char *text)
{
	struct pci_addr addr;
	int dev;

	assert_int_equal(pci_addr_parse(text, &addr), 0);
	dev = host_find(host, addr);
	assert_true(dev >= 0);
	return &host->devs[dev];
}

static void parents_come_from_paths(void **state)
{
	const struct host_dev *vf, *pf, *nvme;
	struct host host;

	make_device(
		&(struct maker){ "pci0000:00/0000:00:01.0", 0x060400, PCI_EXP_TYPE_ROOT_PORT, 1 });
	make_device(&(struct maker){
		"pci0000:00/0000:00:01.0/0000:01:00.0", 0x020000, PCI_EXP_TYPE_ENDPOINT });
	/* A virtual function on a bus number that no bridge has. */
	make_device(&(struct maker){ "pci0000:00/0000:00:01.0/0000:02:00.1", 0x020000,
		PCI_EXP_TYPE_ENDPOINT, .virtual = true });
	make_link("../0000:01:00.0", "sys/devices/pci0000:00/0000:00:01.0/0000:02:00.1", "physfn");
	make_device(&(struct maker){
		"pci0000:00/0000:00:0e.0", 0x010400, PCI_EXP_TYPE_RC_END, .driver = "vmd" });
	make_device(&(struct maker){ "pci0000:00/0000:00:0e.0/pci10000:e0/10000:e0:01.0", 0x060400,
		PCI_EXP_TYPE_ROOT_PORT, 0xe1 });
	make_device(
		&(struct maker){ "pci0000:00/0000:00:0e.0/pci10000:e0/10000:e0:01.0/10000:e1:00.0",
			0x010802, PCI_EXP_TYPE_ENDPOINT });
	scan(&host);
	assert_int_equal(host.count, 6);
	vf = dev_at(&host, "02:00.1");
	pf = dev_at(&host, "01:00.0");
	nvme = dev_at(&host, "10000:e1:00.0");
	assert_true(vf->vf && !pf->vf);
	assert_ptr_equal(&host.devs[vf->physfn], pf);
	assert_ptr_equal(host_parent(&host, vf), dev_at(&host, "00:01.0"));
	assert_int_equal(vf->vendor, 0x8086);
	assert_int_equal(vf->device, 0x154c);
	assert_int_equal(pf->vendor, 0x1234);
	assert_ptr_equal(host_parent(&host, nvme), dev_at(&host, "10000:e0:01.0"));
	assert_ptr_equal(&host.devs[nvme->dma_dev], dev_at(&host, "00:0e.0"));
	assert_int_equal(pf->dma_dev, HOST_NONE);
	assert_false(vf->parent_missing || nvme->parent_missing);
	host_close(&host);
}

static void few_rights_give_few_facts(void **state)
{
	const struct host_dev *dev;
	struct groups groups;
	struct host host;

	make_device(&(struct maker){
		"pci0000:00/0000:00:01.0", 0x060400, PCI_EXP_TYPE_ROOT_PORT, 1, .size = 64 });
	make_device(&(struct maker){ "pci0000:00/0000:00:01.0/0000:01:00.0", 0x030000,
		PCI_EXP_TYPE_ENDPOINT, .size = 64 });
	make_device(&(struct maker){ "pci0000:00/0000:00:1f.0", 0x060100, -1, .size = 64 });
	scan(&host);
	dev = dev_at(&host, "00:01.0");
	assert_true(host_knows(dev, HOST_IDS | HOST_CLASS | HOST_BUSES));
	assert_false(dev->known & (HOST_PCIE | HOST_ACS));
	/* No list at all: that is in the first 64 bytes. */
	assert_true(host_knows(dev_at(&host, "00:1f.0"), HOST_PCIE | HOST_ACS));
	assert_int_equal(groups_predict(&host, &groups), 0);
	assert_int_equal(groups.unknown, 1);
	groups_close(&groups);
	host_close(&host);
}

/* Reading config space would wake a device that is cut off from power. */
static void who_sleeps_is_left_asleep(void **state)
{
	struct host host = { 0 };
	struct err err = { 0 };
	struct sysroot sysroot;

	make_device(&(struct maker){ "pci0000:00/0000:00:02.0", 0x030000, PCI_EXP_TYPE_RC_END });
	put_text("sys/devices/pci0000:00/0000:00:02.0", "power_state", "D3cold\n");
	put_text("sys/devices/pci0000:00/0000:00:02.0", "class", "0x030000\n");
	assert_int_equal(sysroot_open(&sysroot, root, &err), 0);
	assert_int_equal(scan_sysfs(&host, &sysroot, SCAN_LET_SLEEP, &err), 0);
	assert_null(host.devs[0].config);
	assert_int_equal(host.devs[0].class, 0x030000);
	assert_string_equal(host.devs[0].power_state, "D3cold");
	host_close(&host);
	assert_int_equal(scan_sysfs(&host, &sysroot, 0, &err), 0);
	assert_non_null(host.devs[0].config);
	host_close(&host);
	sysroot_close(&sysroot);
}

static void files_that_are_not_there(void **state)
{
	const struct host_dev *dev;
	struct host host;
	char path[256];

	make_device(&(struct maker){ "pci0000:00/0000:00:02.0", 0x030000, PCI_EXP_TYPE_RC_END });
	snprintf(path, sizeof(path), "%s/sys/devices/pci0000:00/0000:00:02.0/config", root);
	assert_int_equal(unlink(path), 0);
	put_text("sys/devices/pci0000:00/0000:00:02.0", "class", "0x030000\n");
	put_text("sys/devices/pci0000:00/0000:00:02.0", "driver_override", "(null)\n");
	put_text(BUS, "not-an-address", "");
	make_link("../../../devices/nowhere", BUS, "0000:00:03.0");
	scan(&host);
	assert_int_equal(host.count, 2);
	dev = dev_at(&host, "00:02.0");
	assert_int_equal(dev->vendor, 0x8086);
	assert_int_equal(dev->class, 0x030000);
	assert_null(dev->config);
	assert_null(dev->driver_override);
	assert_true(host_knows(dev, HOST_OVERRIDE | HOST_DRIVER | HOST_GROUP));
	assert_false(dev->known & (HOST_PCIE | HOST_RESET | HOST_NUMA | HOST_BARS));
	assert_int_equal(dev_at(&host, "00:03.0")->known & HOST_IDS, 0);
	host_close(&host);
}

/* Capture of a capture: directories instead of links. Then bus numbers make the tree. */
static void directories_instead_of_links(void **state)
{
	struct host host;

	make_directories("sys/devices");
	make_device(&(struct maker){ "../bus/pci/devices/0000:00:01.0", 0x060400,
		PCI_EXP_TYPE_ROOT_PORT, 1, .direct = true });
	make_device(&(struct maker){ "../bus/pci/devices/0000:01:00.0", 0x030000,
		PCI_EXP_TYPE_ENDPOINT, .direct = true });
	scan(&host);
	assert_int_equal(host.count, 2);
	assert_ptr_equal(host_parent(&host, dev_at(&host, "01:00.0")), dev_at(&host, "00:01.0"));
	assert_true(host_knows(dev_at(&host, "01:00.0"), HOST_PCIE));
	host_close(&host);
}

/* The second device of a bus is looked for beside the first; a link there is no device. */
static void links_on_a_bus_do_not_lead_out(void **state)
{
	char outside[80], path[512];
	struct host host;

	make_device(&(struct maker){ "pci0000:00/0000:00:02.0", 0x030000, PCI_EXP_TYPE_RC_END });
	snprintf(outside, sizeof(outside), "%s.outside", root);
	assert_int_equal(mkdir(outside, 0755), 0);
	snprintf(path, sizeof(path), "%s/vendor", outside);
	assert_int_equal(symlink("/proc/self/comm", path), 0);
	snprintf(path, sizeof(path), "%s/driver", outside);
	assert_int_equal(symlink("secret", path), 0);
	make_link(outside, "sys/devices/pci0000:00", "0000:00:03.0");
	make_link("../../../devices/pci0000:00/0000:00:03.0", BUS, "0000:00:03.0");
	scan(&host);
	assert_int_equal(host.count, 2);
	assert_null(dev_at(&host, "00:03.0")->driver);
	assert_false(host_knows(dev_at(&host, "00:03.0"), HOST_DRIVER));
	host_close(&host);
	snprintf(path, sizeof(path), "rm -r %s", outside);
	assert_int_equal(system(path), 0);
}

static void many_devices_are_read_by_threads(void **state)
{
	struct host host;
	char directory[64];

	for (unsigned i = 0; i < 600; i++) {
		snprintf(directory, sizeof(directory), "pci0000:%02x/0000:%02x:%02x.%u", i / 256,
			i / 256, i / 8 % 32, i % 8);
		make_device(&(struct maker){ directory, 0x088000 + i, -1, .driver = "one" });
	}
	scan(&host);
	assert_int_equal(host.count, 600);
	for (unsigned i = 0; i < host.count; i++) {
		assert_int_equal(host.devs[i].class, 0x088000 + i);
		assert_string_equal(host.devs[i].driver, "one");
		assert_int_equal(host.devs[i].config_size, 4096);
	}
	host_close(&host);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(parents_come_from_paths, setup, teardown),
		cmocka_unit_test_setup_teardown(few_rights_give_few_facts, setup, teardown),
		cmocka_unit_test_setup_teardown(who_sleeps_is_left_asleep, setup, teardown),
		cmocka_unit_test_setup_teardown(files_that_are_not_there, setup, teardown),
		cmocka_unit_test_setup_teardown(directories_instead_of_links, setup, teardown),
		cmocka_unit_test_setup_teardown(links_on_a_bus_do_not_lead_out, setup, teardown),
		cmocka_unit_test_setup_teardown(many_devices_are_read_by_threads, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
