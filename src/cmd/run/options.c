// SPDX-License-Identifier: GPL-2.0-or-later
#include "cmd/run/options.h"

#include <errno.h>
#include <string.h>

#include "cmd/run/boot.h"
#include "cmd/run/clock.h"
#include "cmd/run/cpus.h"
#include "cmd/run/device.h"
#include "cmd/run/disk.h"
#include "cmd/run/display.h"
#include "cmd/run/emulate.h"
#include "cmd/run/firmware.h"
#include "cmd/run/input.h"
#include "cmd/run/memory.h"
#include "cmd/run/net.h"
#include "cmd/run/profile.h"
#include "cmd/run/share.h"
#include "cmd/run/shmem.h"
#include "cmd/run/sleep.h"
#include "cmd/run/smbios_strings.h"
#include "cmd/run/sound.h"
#include "cmd/run/tpm.h"
#include "cmd/run/usb.h"
#include "cmd/ui/options.h"
#include "vm/boot/firmware_vars.h"

#define SERIAL_FILE "file:"
#define SIZE_KEY    ",size="
#define MIN_LOG     (64 * KIB)
#define MAX_GRACE   3600

static bool print_text(const char *text, FILE *out)
{
	if (text)
		fputs(text, out);
	return text != NULL;
}

static int apply_path(
	struct run_request *request, const char *value, const char **path, struct err *err)
{
	*path = value;
	return run_path(request, path, 0, err);
}

static bool print_path(const char *path, FILE *out)
{
	if (path)
		run_print_path(path, out);
	return path != NULL;
}

static bool print_number(unsigned n, FILE *out)
{
	fprintf(out, "%u", n);
	return true;
}

static int apply_switch(const char *what, const char *value, bool *on, struct err *err)
{
	if (value)
		return option_switch(what, value, on, err);
	*on = true;
	return 0;
}

static bool print_switch(bool on, FILE *out)
{
	fputs(on ? "on" : "off", out);
	return true;
}

static int apply_name(void *target, char *value, struct err *err)
{
	struct run_request *request = target;

	if (!firmware_vars_name_is_plain(value))
		return err_set(err, EINVAL,
			"--name: '%s' is no name for a machine: letters, digits, and _ - + . "
			"behind the first",
			value);
	request->config.name = value;
	return 0;
}

static bool print_name(const void *target, unsigned n, FILE *out)
{
	const struct run_request *request = target;

	return print_text(request->config.name, out);
}

static int apply_kernel(void *target, char *value, struct err *err)
{
	struct run_request *request = target;

	return apply_path(request, value, &request->config.kernel, err);
}

static bool print_kernel(const void *target, unsigned n, FILE *out)
{
	const struct run_request *request = target;

	return print_path(request->config.kernel, out);
}

static int apply_initrd(void *target, char *value, struct err *err)
{
	struct run_request *request = target;

	return apply_path(request, value, &request->config.initrd, err);
}

static bool print_initrd(const void *target, unsigned n, FILE *out)
{
	const struct run_request *request = target;

	return print_path(request->config.initrd, out);
}

static int apply_append(void *target, char *value, struct err *err)
{
	struct run_request *request = target;

	request->config.append = value;
	return 0;
}

static bool print_append(const void *target, unsigned n, FILE *out)
{
	const struct run_request *request = target;

	return print_text(request->config.append, out);
}

static int apply_memory(void *target, char *value, struct err *err)
{
	struct run_request *request = target;
	int ret = option_size(value, MIB, &request->config.memory, err);

	if (!ret && !request->config.memory)
		ret = err_set(err, EINVAL, "'%s' is not a size such as 512M or 2G", value);
	if (!ret && ram_size_check(request->config.memory, err))
		ret = err_wrap(err, "--memory %s", value);
	return ret;
}

void run_print_bytes(u64 bytes, FILE *out)
{
	static const char suffixes[] = "KMGT";
	u64 size = bytes / KIB;
	unsigned i = 0;

	for (; suffixes[i + 1] && size && size % KIB == 0; i++)
		size /= KIB;
	fprintf(out, "%llu%c", (unsigned long long)size, suffixes[i]);
}

static bool print_memory(const void *target, unsigned n, FILE *out)
{
	const struct run_request *request = target;

	run_print_bytes(request->config.memory, out);
	return true;
}

/* Removes ",size=SIZE", or ",size=off" for no limit, from the end of a file's name. */
static int take_size(char *value, u64 *size, struct err *err)
{
	char *comma = strrchr(value, ','), *text;
	int ret;

	if (!comma || strncmp(comma, SIZE_KEY, strlen(SIZE_KEY)))
		return 0;
	*comma = '\0';
	*size = 0;
	text = comma + strlen(SIZE_KEY);
	if (!strcmp(text, "off"))
		return 0;
	ret = option_size(text, MIB, size, err);
	if (!ret && !*size)
		ret = err_set(err, EINVAL, "size=%s leaves no room; size=off sets no limit", text);
	return ret;
}

static void print_size(u64 size, u64 usual, FILE *out)
{
	if (size == usual)
		return;
	fputs(SIZE_KEY, out);
	if (size)
		run_print_bytes(size, out);
	else
		fputs("off", out);
}

static int apply_serial(void *target, char *value, struct err *err)
{
	struct run_request *request = target;
	bool is_file = !strncmp(value, SERIAL_FILE, strlen(SERIAL_FILE));
	int ret;

	if (is_file ? !value[strlen(SERIAL_FILE)] : strcmp(value, "stdio") && strcmp(value, "none"))
		return err_set(
			err, EINVAL, "--serial is stdio, file:PATH or none, not '%s'", value);
	request->config.serial = value;
	request->config.serial_max = RUN_SERIAL_MAX;
	if (!is_file)
		return 0;
	ret = take_size(value, &request->config.serial_max, err);
	if (ret)
		return ret;
	return run_path(request, &request->config.serial, strlen(SERIAL_FILE), err);
}

static bool print_serial(const void *target, unsigned n, FILE *out)
{
	const struct run_request *request = target;
	const char *serial = request->config.serial;

	if (strncmp(serial, SERIAL_FILE, strlen(SERIAL_FILE)))
		return print_text(serial, out);
	fputs(SERIAL_FILE, out);
	print_path(serial + strlen(SERIAL_FILE), out);
	print_size(request->config.serial_max, RUN_SERIAL_MAX, out);
	return true;
}

static int apply_rng(void *target, char *value, struct err *err)
{
	struct run_request *request = target;

	return apply_switch("--rng", value, &request->config.rng, err);
}

static bool print_rng(const void *target, unsigned n, FILE *out)
{
	const struct run_request *request = target;

	return print_switch(request->config.rng, out);
}

static int apply_trace(void *target, char *value, struct err *err)
{
	struct run_request *request = target;
	int ret;

	request->config.trace_max = RUN_TRACE_MAX;
	ret = take_size(value, &request->config.trace_max, err);
	return ret ? ret : apply_path(request, value, &request->config.trace, err);
}

static bool print_trace(const void *target, unsigned n, FILE *out)
{
	const struct run_request *request = target;

	if (!print_path(request->config.trace, out))
		return false;
	print_size(request->config.trace_max, RUN_TRACE_MAX, out);
	return true;
}

static int apply_no_reboot(void *target, char *value, struct err *err)
{
	struct run_request *request = target;

	return apply_switch("--no-reboot", value, &request->config.no_reboot, err);
}

static bool print_no_reboot(const void *target, unsigned n, FILE *out)
{
	const struct run_request *request = target;

	return print_switch(request->config.no_reboot, out);
}

static const char *const sandboxes[] = {
	[SANDBOX_ON] = "on",
	[SANDBOX_OFF] = "off",
	[SANDBOX_LOG] = "log",
	[SANDBOX_STRICT] = "strict",
};

static int apply_sandbox(void *target, char *value, struct err *err)
{
	struct run_request *request = target;

	for (unsigned i = 0; i < ARRAY_SIZE(sandboxes); i++) {
		if (!strcmp(value, sandboxes[i])) {
			request->config.sandbox = (enum sandbox_mode)i;
			return 0;
		}
	}
	return err_set(err, EINVAL, "--sandbox is on, off, log or strict, not '%s'", value);
}

static bool print_sandbox(const void *target, unsigned n, FILE *out)
{
	const struct run_request *request = target;

	return request->config.sandbox != SANDBOX_ON &&
	       print_text(sandboxes[request->config.sandbox], out);
}

static int apply_user(void *target, char *value, struct err *err)
{
	struct run_request *request = target;

	request->config.user = value;
	return 0;
}

static bool print_user(const void *target, unsigned n, FILE *out)
{
	const struct run_request *request = target;

	return print_text(request->config.user, out);
}

static int apply_take_display(void *target, char *value, struct err *err)
{
	struct run_request *request = target;

	return apply_switch("--take-display", value, &request->take_display, err);
}

static bool print_take_display(const void *target, unsigned n, FILE *out)
{
	const struct run_request *request = target;

	return print_switch(request->take_display, out);
}

static int apply_grace(void *target, char *value, struct err *err)
{
	struct run_request *request = target;
	u64 n = 0;
	int ret = option_number("--grace", value, 0, MAX_GRACE, &n, err);

	request->config.grace = (unsigned)n;
	return ret;
}

static bool print_grace(const void *target, unsigned n, FILE *out)
{
	const struct run_request *request = target;

	return print_number(request->config.grace, out);
}

static int apply_log_max(void *target, char *value, struct err *err)
{
	struct run_request *request = target;
	int ret = option_size(value, 1, &request->log_max, err);

	if (!ret && request->log_max < MIN_LOG)
		ret = err_set(err, EINVAL, "a log of less than 64K is not worth its name");
	return ret ? err_wrap(err, "--log-max") : 0;
}

static bool print_log_max(const void *target, unsigned n, FILE *out)
{
	const struct run_request *request = target;

	if (request->log_max)
		run_print_bytes(request->log_max, out);
	return request->log_max;
}

static int apply_verbose(void *target, char *value, struct err *err)
{
	struct run_request *request = target;

	return apply_switch("--verbose", value, &request->verbose, err);
}

static bool print_verbose(const void *target, unsigned n, FILE *out)
{
	const struct run_request *request = target;

	return print_switch(request->verbose, out);
}

/* In the order of the help and of a printed file. */
const struct cmd_option run_options[] = {
	{ "name", 0, OPTION_VALUE, "MACHINE",
		"the machine's name, under which the host keeps its UEFI variables", apply_name,
		print_name },
	{ "for", 0, OPTION_VALUE, "windows11|windows10|linux",
		"what the guest is: sets what it needs, where other options do not say\n"
		"otherwise (--print-config shows it)",
		run_profile_apply, run_profile_print },
	{ "firmware", 0, OPTION_VALUE, "auto|none|bios|uefi",
		"what starts the guest (default auto: the kernel directly where one is\n"
		"given, else UEFI)",
		run_firmware_apply, run_firmware_print },
	{ "secure-boot", 0, OPTION_VALUE, "on|off",
		"the firmware starts only what is signed, with keys that the guest cannot\n"
		"change (default off)",
		run_secure_boot_apply, run_secure_boot_print },
	{ "firmware-code", 0, OPTION_VALUE, "FILE",
		"the firmware's image, instead of the one that the host has",
		run_firmware_code_apply, run_firmware_code_print },
	{ "firmware-vars", 0, OPTION_VALUE, "FILE",
		"where the UEFI variables are kept, instead of under the name",
		run_firmware_vars_apply, run_firmware_vars_print },
	{ "boot", 0, OPTION_VALUE, "SOURCE[,SOURCE...][,menu[=SECONDS]]",
		"what firmware tries first: disk, cdrom, device (an assigned one), net; the\n"
		"others of disk,cdrom,device follow. menu: it shows its boot menu if Escape is\n"
		"pressed within these seconds (default 5)",
		run_boot_apply, run_boot_print },
	{ "kernel", 0, OPTION_VALUE, "FILE", "boot this kernel (a bzImage)", apply_kernel,
		print_kernel },
	{ "initrd", 0, OPTION_VALUE, "FILE", "its initial RAM disk", apply_initrd, print_initrd },
	{ "append", 0, OPTION_VALUE, "TEXT", "its command line", apply_append, print_append },
	{ "memory", 0, OPTION_VALUE, "SIZE", "guest memory, e.g. 512M or 8G (default 2G)",
		apply_memory, print_memory },
	{ "cpus", 0, OPTION_VALUE, "N[,OPTION=VALUE...]",
		"virtual processors (default 1). sockets=N, cores=N, threads=N: how they\n"
		"are arranged; pin=LIST: run them on these of the host, e.g. 2-5+8-11;\n"
		"rt=on: before all else there; nested=on: they run guests of the\n"
		"guest's own; pmu=off: no performance counters",
		run_cpus_apply, run_cpus_print },
	{ "hide-hypervisor", 0, OPTION_VALUE, "on|off|auto",
		"the guest does not see KVM (default auto: with a GeForce card)", run_hiding_apply,
		run_hiding_print },
	{ "hyperv", 0, OPTION_VALUE, "on|off[,vendor=ID]",
		"the guest sees a Hyper-V, which Windows works best with", run_hyperv_apply,
		run_hyperv_print },
	{ "rtc", 0, OPTION_VALUE, "utc|localtime",
		"what the guest's clock shows when the machine starts (default utc); Windows\n"
		"expects local time",
		run_rtc_apply, run_rtc_print },
	{ "sleep", 0, OPTION_VALUE, "off|on|ram|disk",
		"how the guest may sleep (default off): in its memory (S3), on a disk (S4),\n"
		"or both; a key, its alarm or tenon wake wakes it from memory",
		run_sleep_apply, run_sleep_print },
	{ "on-host-sleep", 0, OPTION_VALUE, "auto|ignore|inhibit|suspend|stop",
		"when the host is to sleep: it cannot, the guest sleeps first, or shuts\n"
		"down; auto: with a device, suspend if --sleep allows it, else inhibit",
		run_host_sleep_apply, run_host_sleep_print },
	{ "uuid", 0, OPTION_VALUE, "UUID", "the machine's", run_uuid_apply, run_uuid_print },
	{ "smbios", 0, OPTION_VALUE, "KEY=TEXT[,KEY=TEXT...]",
		"what the machine is called: manufacturer, product, version, serial, sku,\n"
		"family, bios (its vendor)",
		run_smbios_apply, run_smbios_print },
	{ "device", 0, OPTION_LIST, "ADDRESS[,OPTION=VALUE...]",
		"give the guest this PCI device of the host, e.g. 01:00.0; once for\n"
		"each function, or 01:00 for all of a card. rom=FILE|off: another\n"
		"option ROM, or none; mmap=off: trap every access to its BARs;\n"
		"msi=off: INTx only; boot=off: firmware does not start from it;\n"
		"slot=root-bus: without a root port above it; vga=on|off: its\n"
		"legacy VGA, unasked with a BIOS; quirks=off: nothing particular for\n"
		"this card; clique=N: NVIDIA's GPUDirect; p2p=on: the guest's other\n"
		"devices reach its BARs by DMA; bars=host: its memory BARs are at\n"
		"the host's addresses; subsystem=VVVV:DDDD: other subsystem ids;\n"
		"managed=on: bound to VFIO at the start, and given back at the end",
		run_device_apply, run_device_print },
	{ "take-display", 0, OPTION_SWITCH, NULL,
		"for a host with one graphics card: stop its desktop, give the card to\n"
		"the guest, and bring the desktop back when the guest ends",
		apply_take_display, print_take_display },
	{ "yes", 0, OPTION_FLAG, NULL, "with --take-display: do not ask before the desktop ends",
		.field = FLAG_FIELD(struct run_request, yes) },
	{ "disk", 0, OPTION_LIST, "FILE[,OPTION=VALUE...]",
		"give the guest this file or block device as a disk. bus=sata, nvme or\n"
		"usb: for guests without virtio drivers; format=raw or qcow2, vmdk,\n"
		"vhdx, ... (default: what the file is); readonly=on; backing=on: with\n"
		"the files that it names; serial=TEXT; cache=none: past the host's\n"
		"page cache; queues=N; packed=off: split rings only",
		run_disk_apply, run_disk_print },
	{ "cdrom", 0, OPTION_LIST, "FILE", "a CD-ROM drive with this ISO image in it; up to four",
		run_cdrom_apply, run_cdrom_print },
	{ "hugepages", 0, OPTION_VALUE, "auto|2M|1G|off",
		"take guest memory from the host's pool of huge pages: where enough\n"
		"are free there (default); or of this size, and make the pool larger\n"
		"if need be; or never",
		run_hugepages_apply, run_hugepages_print },
	{ "iommu", 0, OPTION_VALUE, "auto|type1|iommufd",
		"VFIO's interface: iommufd where the kernel has it (default auto)", run_iommu_apply,
		run_iommu_print },
	{ "dma", 0, OPTION_VALUE, "async|sync",
		"map guest memory for the devices while the guest runs already,\n"
		"and have it wait for that where it starts a device (default); or\n"
		"before it runs",
		run_dma_apply, run_dma_print },
	{ "net", 0, OPTION_LIST, "user|tap=NAME|bridge=NAME|none[,OPTION=VALUE...]",
		"a network card: on a network of this host's sockets, without any\n"
		"right; on a tap; on a new port of a bridge. mac=ADDRESS;\n"
		"by=passt|slirp for user; forward=ADDRESS:PORT:GUESTPORT[+...]: TCP of\n"
		"this host that goes to the guest, e.g. 127.0.0.1:2222:22; host=on: the\n"
		"guest reaches this host's loopback; vhost=off: not through vhost-net",
		run_net_apply, run_net_print },
	{ "share", 0, OPTION_LIST, "DIRECTORY,tag=NAME[,readonly=on]",
		"share this directory of the host's: mount -t virtiofs NAME DIR there",
		run_share_apply, run_share_print },
	{ "rng", 0, OPTION_SWITCH, NULL, "a source of random numbers", apply_rng, print_rng },
	{ "shmem", 0, OPTION_VALUE, "size=SIZE|for=WIDTHxHEIGHT[,path=FILE]|off",
		"memory that a program of this host shares, such as Looking Glass: of\n"
		"this size, or for a picture of this size; in /dev/shm/looking-glass,\n"
		"another file there, or /dev/kvmfr0 (default off)",
		run_shmem_apply, run_shmem_print },
	{ "tpm", 0, OPTION_VALUE, "on|off|state=DIRECTORY",
		"a TPM 2.0, by swtpm, whose state is kept under the machine's name, or in\n"
		"this directory (default off)",
		run_tpm_apply, run_tpm_print },
	{ "display", 0, OPTION_VALUE, "vnc=ADDRESS[,password-file=FILE]|none",
		"a first screen of its own, with keyboard and mouse, for viewers of VNC:\n"
		"vnc=:0 is for this host, on port 5900 (default none)",
		run_display_apply, run_display_print },
	{ "input", 0, OPTION_LIST, "DEVICE|auto[,OPTION=VALUE...]",
		"share this keyboard or mouse of the host, /dev/input/by-id/..., or all of\n"
		"them; both Ctrl keys change sides. toggle=KEYS: alt-alt, shift-shift,\n"
		"meta-meta, scrolllock or ctrl-scrolllock instead; start=host: they stay\n"
		"the host's at first; command=FILE: run it with guest or host as its\n"
		"argument at each change",
		run_input_apply, run_input_print },
	{ "usb", 0, OPTION_LIST, "VENDOR:PRODUCT[:SERIAL]|port=PORT[,force=on]",
		"give the guest this USB device of the host, e.g. 046d:c31c, or what is at a\n"
		"port, e.g. port=3-1.2; see `tenon list --usb`. It need not be there yet.\n"
		"force=on: even the host's keyboard, or a disk that the host uses",
		run_usb_apply, run_usb_print },
	{ "usb-input", 0, OPTION_VALUE, "on|off",
		"a keyboard, a mouse and a tablet on USB, which take what viewers and\n"
		"--input send while the guest uses them; PS/2 does otherwise (default off)",
		run_usb_input_apply, run_usb_input_print },
	{ "sound", 0, OPTION_VALUE, "on|pipewire|alsa|file=PATH|none|off[,OPTION=VALUE...]",
		"a sound card, played by the PipeWire or the ALSA of who sits at the host;\n"
		"user=NAME: by this user's. file: to a WAV file of at most size=SIZE\n"
		"(default 1G, or off), and the guest hears input=FILE; none: nobody hears\n"
		"it (default off)",
		run_sound_apply, run_sound_print },
	{ "emulate", 0, OPTION_LIST, "DEVICE[=VALUE]",
		"a device that few guests need. debug-exit[=PORT]: a port (0x501) by\n"
		"which a guest ends the machine with a status; battery: a full one, which\n"
		"drivers of laptops' cards look for",
		run_emulate_apply, run_emulate_print },
	{ "serial", 0, OPTION_VALUE, "stdio|file:PATH[,size=SIZE]|none",
		"the first serial port (default stdio; Ctrl-A h for its keys); of a file\n"
		"that has grown to this size the older half goes (default 64M, or off)",
		apply_serial, print_serial },
	{ "trace", 0, OPTION_VALUE, "FILE[,size=SIZE]",
		"write what the devices are asked and answer, in mmiotrace's format, up to\n"
		"this size (default 4G, or off)",
		apply_trace, print_trace },
	{ "sandbox", 0, OPTION_VALUE, "on|off|log|strict",
		"what tenon gives up before the guest runs: all that the host lets it\n"
		"(default); nothing; system calls are logged instead of refused; or all, or\n"
		"the machine does not start",
		apply_sandbox, print_sandbox },
	{ "user", 0, OPTION_VALUE, "NAME",
		"become this user before the guest runs, if root starts the machine (default\n"
		"the system user tenon, or else who has logged in); root stays root",
		apply_user, print_user },
	{ "no-reboot", 0, OPTION_SWITCH, NULL,
		"end when the guest resets, instead of starting it again", apply_no_reboot,
		print_no_reboot },
	{ "grace", 0, OPTION_VALUE, "SECONDS",
		"on SIGTERM press the power button and wait this long", apply_grace, print_grace },
	{ "log-max", 0, OPTION_VALUE, "SIZE",
		"where standard error is a file: begin its lines with the time, and remove\n"
		"the older half of it when it has grown to this size",
		apply_log_max, print_log_max },
	{ "verbose", 'v', OPTION_SWITCH, NULL, "say more", apply_verbose, print_verbose },
	{ "print-config", 0, OPTION_FLAG, NULL, "print a machine file that says the same, and end",
		.field = FLAG_FIELD(struct run_request, print_config) },
	{ NULL },
};

_Static_assert(ARRAY_SIZE(run_options) - 1 <= RUN_OPTIONS_MAX, "RUN_OPTIONS_MAX is too small");
