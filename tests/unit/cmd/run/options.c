// SPDX-License-Identifier: GPL-2.0-or-later
#include "unit.h"

#include <stdio.h>

#include "cmd/cmd.h"
#include "cmd/run/options.h"

#define MAX_ARGS 16

/* Reads the command line "run" and @args, which end with NULL. */
static int parse(struct run_request *request, const char *const *args, struct err *err)
{
	char *argv[MAX_ARGS + 2] = { (char *)"run" };
	struct command_line line;
	int argc = 1, ret;

	for (; args[argc - 1] && argc <= MAX_ARGS; argc++)
		argv[argc] = (char *)args[argc - 1];
	*err = (struct err){ 0 };
	run_request_init(request);
	ret = command_line_read(&line, run_options, argc, argv, err);
	if (!ret)
		ret = operands_check(cmd_run.operands, &line, err);
	for (unsigned i = 0; i < line.nr_given && !ret; i++)
		ret = run_option_apply(request, line.given[i].option, line.given[i].value, err);
	command_line_close(&line);
	return ret;
}

#define ARGS(...) ((const char *const[]){ __VA_ARGS__, NULL })

/* The @n-th value of an option as it is printed, or NULL. The caller frees it. */
static char *printed(const struct run_request *request, const char *name, unsigned n)
{
	struct err err;
	const struct cmd_option *option = option_find(run_options, name, "", &err);
	char *text = NULL;
	size_t size;
	bool there;
	FILE *f;

	assert_non_null(option);
	f = open_memstream(&text, &size);
	there = option->print(request, n, f);
	fclose(f);
	if (there)
		return text;
	free(text);
	return NULL;
}

static void assert_printed(
	const struct run_request *request, const char *name, unsigned n, const char *expected)
{
	char *text = printed(request, name, n);

	if (expected)
		assert_string_equal(text, expected);
	else
		assert_null(text);
	free(text);
}

static void a_command_line_fills_the_request(void **state)
{
	struct run_request request;
	struct err err;

	assert_int_equal(parse(&request,
				 ARGS("--kernel", "bz", "--memory=3G", "--cpus", "4", "--device",
					 "01:00.0,rom=/a,msi=off", "--no-reboot", "--device",
					 "0001:02:00.1,rom=off", "-v"),
				 &err),
		0);
	assert_string_equal(request.config.kernel, "bz");
	assert_null(request.config.initrd);
	assert_true(request.config.memory == 3 * GIB);
	assert_int_equal(request.config.cpus, 4);
	assert_true(request.config.no_reboot);
	assert_true(request.verbose);
	assert_int_equal(request.config.nr_devices, 2);
	assert_ptr_equal(request.config.devices, request.devices);
	assert_string_equal(request.devices[0].options.rom_file, "/a");
	assert_true(request.devices[0].options.msi_off);
	assert_true(request.devices[1].options.rom_off);
	assert_int_equal(request.devices[1].addr.domain, 1);
	assert_int_equal(run_request_check(&request, &err), 0);
	run_request_free(&request);
}

static void the_last_value_counts(void **state)
{
	struct run_request request;
	struct err err;

	assert_int_equal(parse(&request,
				 ARGS("--cpus", "4", "--no-reboot", "--cpus", "2",
					 "--no-reboot=off", "--append", "-x=1,2 \"q\""),
				 &err),
		0);
	assert_int_equal(request.config.cpus, 2);
	assert_false(request.config.no_reboot);
	assert_string_equal(request.config.append, "-x=1,2 \"q\"");
	run_request_free(&request);
}

static void what_starts_the_guest(void **state)
{
	const struct {
		const char *const *args;
		int kind; /* -1: refused */
	} cases[] = {
		{ ARGS("--kernel", "/k"), FIRMWARE_NONE },
		{ ARGS("--device", "01:00.0"), FIRMWARE_UEFI },
		{ ARGS("--firmware", "auto"), FIRMWARE_UEFI },
		{ ARGS("--kernel", "/k", "--firmware", "bios"), FIRMWARE_BIOS },
		{ ARGS("--kernel", "/k", "--firmware", "uefi", "--firmware", "auto"),
			FIRMWARE_NONE },
		{ ARGS("--firmware", "none"), -1 },
		{ ARGS("--no-reboot"), -1 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct run_request request;
		struct err err;
		int ret;

		assert_int_equal(parse(&request, cases[i].args, &err), 0);
		ret = run_request_check(&request, &err);
		assert_int_equal(ret < 0, cases[i].kind < 0);
		if (!ret)
			assert_int_equal(request.config.firmware.kind, cases[i].kind);
		run_request_free(&request);
	}
}

/* What other hosts reach asks for a password, or is not opened. */
static void a_display_is_not_open_to_the_world(void **state)
{
	static const struct {
		const char *value;
		bool good;
	} cases[] = {
		{ "none", true },
		{ "vnc=:0", true },
		{ "vnc=127.0.0.2:5901", true },
		{ "vnc=[::1]:1", true },
		{ "vnc=unix:/run/x", true },
		{ "vnc=0.0.0.0:0", false },
		{ "vnc=[::]:0", false },
		{ "vnc=192.0.2.1:0", false },
		{ "vnc=192.0.2.1:0,password-file=/p", true },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct run_request request;
		struct err err;
		int ret;

		assert_int_equal(
			parse(&request, ARGS("--kernel", "k", "--display", cases[i].value), &err),
			0);
		ret = run_request_check(&request, &err);
		assert_int_equal(ret == 0, cases[i].good);
		assert_int_equal(strstr(err.text, "other hosts reach") != NULL, !cases[i].good);
		run_request_free(&request);
	}
}

/* A TPM whose state would be lost is refused. */
static void a_tpm_needs_a_place(void **state)
{
	static const struct {
		const char *tpm, *name;
		bool good;
	} cases[] = {
		{ "on", "m", true },
		{ "state=/s", NULL, true },
		{ "off", NULL, true },
		{ "on", NULL, false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct run_request request;
		struct err err;

		assert_int_equal(parse(&request,
					 ARGS("--kernel", "k", "--tpm", cases[i].tpm,
						 cases[i].name ? "--name" : NULL, cases[i].name),
					 &err),
			0);
		assert_int_equal(run_request_check(&request, &err) == 0, cases[i].good);
		if (!cases[i].good)
			assert_non_null(strstr(err.text, "--tpm on needs --name"));
		run_request_free(&request);
	}
}

static const struct {
	const char *args[5];
	const char *text;
	const char *help;
} mistakes[] = {
	{ { "--memroy", "2G" }, "there is no option '--memroy'", "Did you mean '--memory'?" },
	{ { "--memroy=2G" }, "there is no option '--memroy'", "Did you mean '--memory'?" },
	{ { "--xyzzy" }, "there is no option '--xyzzy'", "" },
	{ { "-z" }, "there is no option '-z'", "" },
	{ { "--memory" }, "--memory wants an argument", "" },
	{ { "--help=1" }, "--help takes no argument", "" },
	{ { "--display", "gtk" }, "--display is vnc=ADDRESS or none", "" },
	{ { "--display", "vnc" }, "--display is vnc=ADDRESS or none", "" },
	{ { "--display", "vnc=:0,pasword-file=x" }, "--display has no option 'pasword-file'",
		"Did you mean 'password-file'?" },
	{ { "--display", "vnc=:0,password-file=" }, "--display: password-file takes a FILE", "" },
	{ { "--no-reboot=1" }, "--no-reboot is on or off, not '1'", "" },
	{ { "--cpus", "0" }, "--cpus: '0' is not a number from 1 to 255", "" },
	{ { "--cpus", "5,threads=2" },
		"--cpus: 5 processors are not 1 sockets with 2 cores of 2 threads", "" },
	{ { "--cpus", "5,thread=2" }, "--cpus has no option 'thread'", "Did you mean 'threads'?" },
	{ { "--cpus", "4,pin=0-2" }, "--cpus: pin names 3 processors for 4 of the guest", "" },
	{ { "--cpus", "2,pin=1+1" }, "--cpus: pin names processor 1 twice", "" },
	{ { "--cpus", "2,pin=3-2" }, "--cpus: pin is processors of the host as in 2-5+8, not '3-2'",
		"" },
	{ { "--cpus", "2,pin=1+" }, "--cpus: pin is processors of the host as in 2-5+8, not '1+'",
		"" },
	{ { "--cpus", "1,pin=99999999999999999999" },
		"--cpus: pin is processors of the host as in 2-5+8, not "
		"'99999999999999999999'",
		"" },
	{ { "--cpus", "threads=2" }, "--cpus begins with a number", "" },
	{ { "--hide-hypervisor", "yes" }, "--hide-hypervisor is on, off or auto, not 'yes'", "" },
	{ { "--hyperv", "on,vendor=thirteenchars" }, "--hyperv: vendor has 1 to 12 characters",
		"" },
	{ { "--boot", "floppy" }, "--boot takes disk, cdrom, device, net and menu, not 'floppy'",
		"" },
	{ { "--boot", "" }, "--boot takes disk, cdrom, device, net and menu, not ''", "" },
	{ { "--boot", "disk,net,disk" }, "--boot names disk twice", "" },
	{ { "--boot", "disk=1" }, "--boot: disk takes no value", "" },
	{ { "--boot", "menu=66" }, "--boot: menu: '66' is not a number from 1 to 65", "" },
	{ { "--for", "windows" }, "--for is windows11, windows10 or linux, not 'windows'", "" },
	{ { "--emulate", "battery=off" }, "--emulate battery: it takes no value, or on, not 'off'",
		"" },
	{ { "--device", "01:00.0,subsystem=1043" },
		"--device: subsystem is two ids as in 1043:1e41, not '1043'", "" },
	{ { "--device", "01:00.0,subsystem=1043:1e411" },
		"--device: subsystem is two ids as in 1043:1e41, not '1043:1e411'", "" },
	{ { "--rtc", "local" }, "--rtc is utc or localtime, not 'local'", "" },
	{ { "--on-host-sleep", "yes" },
		"--on-host-sleep is auto, ignore, inhibit, suspend or stop, not 'yes'", "" },
	{ { "--sleep", "mem" }, "--sleep is on, off, ram or disk, not 'mem'", "" },
	{ { "--uuid", "0123456789abcdef0123456789abcdef" },
		"--uuid: '0123456789abcdef0123456789abcdef' is not like "
		"01234567-89ab-cdef-0123-456789abcdef",
		"" },
	{ { "--smbios", "serial" }, "--smbios: serial has no value", "" },
	{ { "a.conf", "b.conf" }, "unexpected argument 'b.conf'", "" },
	{ { "--device", "gpu" }, "--device: 'gpu' is not a PCI address such as 01:00.0", "" },
	{ { "--device", "01:00.0,map=off" }, "--device has no option 'map'",
		"Did you mean 'mmap'?" },
	{ { "--device", "01:00.0,rom=" }, "--device: rom is a file or off", "" },
	{ { "--disk", ",readonly=on" }, "--disk begins with the name of a file", "" },
	{ { "--disk", "/d,cache=unsafe" }, "--disk: cache is writeback or none", "" },
	{ { "--disk", "/d,serial=123456789012345678901" },
		"--disk: serial is a text of at most 20 characters", "" },
	{ { "--disk", "/d,queues=17" }, "--disk: queues: '17' is not a number from 1 to 16", "" },
	{ { "--disk", "/d,bus=ide" }, "--disk: bus is virtio, sata, nvme or usb", "" },
	{ { "--device", "01:00.0,vga=yes" }, "--device: vga is on, off or auto, not 'yes'", "" },
	{ { "--device", "01:00.0,clique=16" },
		"--device: clique: '16' is not a number from 0 to 15", "" },
	{ { "--net", "wlan0" }, "--net is user, tap=NAME, bridge=NAME or none", "" },
	{ { "--net", "tap" }, "--net is user, tap=NAME, bridge=NAME or none", "" },
	{ { "--net", "user=a" }, "--net is user, tap=NAME, bridge=NAME or none", "" },
	{ { "--net", "" }, "--net is user, tap=NAME, bridge=NAME or none", "" },
	{ { "--net", "user,mac=01:00:5e:00:00:01" },
		"--net: '01:00:5e:00:00:01' is not the address of a network card", "" },
	{ { "--net", "user,by=vde" }, "--net: by is passt or slirp", "" },
	{ { "--net", "tap=t,by=passt" }, "--net: by= is for user", "" },
	{ { "--net", "user,vhost=off" }, "--net: vhost= is for tap and bridge", "" },
	{ { "--net", "tap=t,host=on" }, "--net: host= and forward= are for user", "" },
	{ { "--net", "user,forward=22" }, "--net: '22' is no forwarding of a port",
		"It is ADDRESS:PORT:GUESTPORT, as in 127.0.0.1:2222:22 or [::1]:2222:22." },
	{ { "--share", "/d" }, "--share: tag=NAME is missing", "" },
	{ { "--share", "/d,tag=" }, "--share: tag is a name of at most 36 characters", "" },
	{ { "--shmem", "path=/dev/kvmfr0" }, "--shmem: size=SIZE is missing, or for=WIDTHxHEIGHT",
		"" },
	{ { "--shmem", "size=3M" }, "--shmem: size is a power of two from 1M to 4G, not '3M'", "" },
	{ { "--shmem", "for=3840" }, "--shmem: for is the size of a picture, such as for=3840x2160",
		"" },
	{ { "--shmem", "size=1M,path=/tmp/x" },
		"--shmem: path is /dev/shm/NAME or /dev/kvmfrN, not '/tmp/x'",
		"Shared memory elsewhere would be a file on a disk." },
	{ { "--share", "/d,tag=a", "--share", "/e,tag=a" }, "--share: two have the tag a", "" },
	{ { "--tpm", "2.0" }, "--tpm is on, off or state=DIRECTORY, not '2.0'", "" },
	{ { "--sound", "loud" },
		"--sound is on, pipewire, alsa, file=PATH, none or off, not 'loud'", "" },
	{ { "--sound", "file=" },
		"--sound is on, pipewire, alsa, file=PATH, none or off, not 'file'", "" },
	{ { "--sound", "on=x" }, "--sound is on, pipewire, alsa, file=PATH, none or off, not 'on'",
		"" },
	{ { "--sound", "file=/x,size=0" }, "--sound: size=0 leaves no room; size=off sets no limit",
		"" },
	{ { "--tpm", "state=" }, "--tpm is on, off or state=DIRECTORY, not 'state='", "" },
	{ { "--device", "01:00.0,bars=x" }, "--device: bars is host or guest, not 'x'", "" },
	{ { "--device", "01:00.0,msi=no" }, "--device: msi is on or off, not 'no'", "" },
};

static void mistakes_are_explained(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(mistakes); i++) {
		struct run_request request;
		struct err err;

		assert_true(parse(&request, mistakes[i].args, &err) < 0);
		assert_string_equal(err.text, mistakes[i].text);
		assert_string_equal(err.help, mistakes[i].help);
		run_request_free(&request);
	}
}

static const struct {
	const char *name, *value, *printed; /* @printed NULL: as @value */
} values[] = {
	{ "for", "windows11", NULL },
	{ "for", "linux", NULL },
	{ "firmware", "uefi", NULL },
	{ "firmware", "none", NULL },
	{ "firmware", "auto", NULL },
	{ "secure-boot", "on", NULL },
	{ "secure-boot", "off", NULL },
	{ "firmware-code", "/f.fd", NULL },
	{ "firmware-vars", "/v.fd", NULL },
	{ "name", "win11", NULL },
	{ "boot", "cdrom", NULL },
	{ "boot", "net,disk,menu", "net,disk,menu=5" },
	{ "boot", "menu=65", NULL },
	{ "boot", "menu=2,device,cdrom,net,disk", "device,cdrom,net,disk,menu=2" },
	{ "kernel", "/boot/bz Image", NULL },
	{ "initrd", "/i", NULL },
	{ "append", "a=\"b c\" # ; d ", NULL },
	{ "memory", "8192M", "8G" },
	{ "memory", "1536M", NULL },
	{ "memory", "5T", NULL },
	{ "cpus", "16", NULL },
	{ "cpus", "8,threads=2,sockets=2", "8,sockets=2,threads=2" },
	{ "cpus", "4,pin=2+3+4-4+9,rt=on", "4,pin=2-4+9,rt=on" },
	{ "cpus", "3,pin=9+8+7", NULL },
	{ "cpus", "2,nested=on,pmu=off", NULL },
	{ "cpus", "2,nested=off,pmu=on", "2" },
	{ "hide-hypervisor", "auto", NULL },
	{ "hide-hypervisor", "on", NULL },
	{ "hyperv", "on,vendor=a,,b", NULL },
	{ "hyperv", "off", NULL },
	{ "rtc", "localtime", NULL },
	{ "rtc", "utc", NULL },
	{ "sleep", "on", NULL },
	{ "sleep", "off", NULL },
	{ "sleep", "ram", NULL },
	{ "sleep", "disk", NULL },
	{ "on-host-sleep", "auto", NULL },
	{ "on-host-sleep", "ignore", NULL },
	{ "on-host-sleep", "inhibit", NULL },
	{ "on-host-sleep", "suspend", NULL },
	{ "on-host-sleep", "stop", NULL },
	{ "uuid", "01234567-89AB-cdef-0123-456789abcdef", "01234567-89ab-cdef-0123-456789abcdef" },
	{ "smbios", "serial=A1,,2,manufacturer=M x", "manufacturer=M x,serial=A1,,2" },
	{ "device", "01:00.0", "0000:01:00.0" },
	{ "device", "01:00,msi=off", "0000:01:00,msi=off" },
	{ "device", "10000:e1:00", NULL },
	{ "device", "0000:01:00.0,rom=/a,,b=c,mmap=off,msi=off,boot=off,slot=root-bus,managed=on",
		NULL },
	{ "device", "0000:01:00.0,vga=on,quirks=off,bars=host,clique=3", NULL },
	{ "device", "0000:01:00.0,identity=on", "0000:01:00.0,bars=host" },
	{ "device", "0000:01:00.0,bars=guest", "0000:01:00.0" },
	{ "device", "0000:01:00.0,vga=auto,quirks=on", "0000:01:00.0" },
	{ "device", "0000:01:00.0,subsystem=1043:1e41", NULL },
	{ "device", "0000:01:00.0,p2p=on", NULL },
	{ "device", "0000:01:00.0,p2p=off", NULL },
	{ "device", "0000:01:00.0,msi=on,rom=off", "0000:01:00.0,rom=off" },
	{ "disk", "/d,,1=.img", NULL },
	{ "disk", "/d,readonly=on,serial=S 1,cache=none,queues=3,packed=off", NULL },
	{ "disk", "/d,packed=on,cache=writeback,readonly=off", "/d" },
	{ "disk", "/d,format=qcow2,readonly=on,backing=on", NULL },
	{ "disk", "/d,bus=sata,serial=S", NULL },
	{ "disk", "/d,bus=nvme,readonly=on,queues=2", NULL },
	{ "disk", "/d,bus=usb,readonly=on,serial=S", NULL },
	{ "disk", "/d,bus=virtio", NULL },
	{ "cdrom", "/d,1=.iso", NULL },
	{ "net", "user", NULL },
	{ "net", "user,mac=02:0A:00:00:00:01,by=slirp", "user,mac=02:0a:00:00:00:01,by=slirp" },
	{ "net", "tap=tap0,vhost=off", NULL },
	{ "net", "user,forward=127.0.0.1:2222:22+[::1]:80:8080,host=on", NULL },
	{ "net", "user,forward=2222:22,host=off", "user,forward=127.0.0.1:2222:22" },
	{ "net", "bridge=br0,vhost=on", "bridge=br0" },
	{ "share", "/d,,1=a,tag=a b,readonly=on", NULL },
	{ "share", "/d,tag=a,readonly=off", "/d,tag=a" },
	{ "hugepages", "auto", NULL },
	{ "hugepages", "2M", NULL },
	{ "hugepages", "off", NULL },
	{ "iommu", "iommufd", NULL },
	{ "dma", "sync", NULL },
	{ "trace", "/t", NULL },
	{ "trace", "/t,size=16M", NULL },
	{ "trace", "/t,size=off", NULL },
	{ "trace", "/t,size=1K", NULL },
	{ "trace", "/t,size=4G", "/t" },
	{ "input", "auto", NULL },
	{ "input", "/dev/input/a,,b,toggle=alt-alt,start=host,command=/bin/true", NULL },
	{ "input", "/dev/input/event1,toggle=ctrl-ctrl,start=guest", "/dev/input/event1" },
	{ "rng", "on", NULL },
	{ "shmem", "size=64M", NULL },
	{ "shmem", "for=3840x2160,path=/dev/kvmfr0", "size=128M,path=/dev/kvmfr0" },
	{ "shmem", "size=32,path=/dev/shm/a,,b", "size=32M,path=/dev/shm/a,,b" },
	{ "shmem", "off", NULL },
	{ "tpm", "on", NULL },
	{ "tpm", "off", NULL },
	{ "sound", "on", NULL },
	{ "sound", "pipewire,user=desk", NULL },
	{ "sound", "file=/a,,b.wav,input=/c.wav,size=4M", NULL },
	{ "sound", "file=/a,size=off", NULL },
	{ "sound", "none", NULL },
	{ "tpm", "state=/s,1", NULL },
	{ "display", "vnc=:0", NULL },
	{ "display", "vnc=[2001:db8::1]:5901,password-file=/p,,1", NULL },
	{ "display", "vnc=unix:/run/a,,b", NULL },
	{ "usb", "046d:c31c", NULL },
	{ "usb", "046d:c31c:A,,B=1,force=on", NULL },
	{ "usb", "port=3-1.2", NULL },
	{ "usb-input", "on", NULL },
	{ "usb-input", "off", NULL },
	{ "emulate", "debug-exit", "debug-exit=on" },
	{ "emulate", "debug-exit=0x600", NULL },
	{ "emulate", "battery", "battery=on" },
	{ "serial", "file:/tmp/x", NULL },
	{ "serial", "file:/tmp/a,b,size=1G", NULL },
	{ "serial", "file:/tmp/x,size=off", NULL },
	{ "take-display", "on", NULL },
	{ "sandbox", "off", NULL },
	{ "sandbox", "log", NULL },
	{ "sandbox", "strict", NULL },
	{ "user", "nobody", NULL },
	{ "take-display", "on", NULL },
	{ "take-display", "off", NULL },
	{ "no-reboot", "on", NULL },
	{ "no-reboot", "off", NULL },
	{ "grace", "30", NULL },
	{ "log-max", "4M", NULL },
	{ "verbose", "on", NULL },
};

static void what_is_printed_reads_back(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(values); i++) {
		const char *expected = values[i].printed ? values[i].printed : values[i].value;
		struct run_request request;
		struct err err = { 0 };
		const struct cmd_option *option =
			option_find(run_options, values[i].name, "", &err);
		char *again;

		run_request_init(&request);
		assert_int_equal(run_option_apply(&request, option, values[i].value, &err), 0);
		assert_printed(&request, values[i].name, 0, expected);
		again = printed(&request, values[i].name, 0);
		run_request_free(&request);

		run_request_init(&request);
		assert_int_equal(run_option_apply(&request, option, again, &err), 0);
		assert_printed(&request, values[i].name, 0, expected);
		free(again);
		run_request_free(&request);
	}
	/* No option is forgotten here. */
	for (const struct cmd_option *option = run_options; option->name; option++) {
		bool tried = option->kind == OPTION_FLAG;

		for (size_t i = 0; i < ARRAY_SIZE(values) && !tried; i++)
			tried = !strcmp(values[i].name, option->name);
		if (!tried)
			fail_msg("--%s is not printed and read back here", option->name);
	}
}

/* Each option can be printed, and what was not given says nothing or its default. */
static void every_row_is_whole(void **state)
{
	struct run_request request;

	run_request_init(&request);
	assert_printed(&request, "kernel", 0, NULL);
	assert_printed(&request, "device", 0, NULL);
	assert_printed(&request, "memory", 0, "2G");
	for (const struct cmd_option *option = run_options; option->name; option++) {
		assert_true(option->apply || option->kind == OPTION_FLAG);
		assert_int_equal(option->print == NULL, option->kind == OPTION_FLAG);
		assert_int_equal(option->argument == NULL, option->kind >= OPTION_SWITCH);
		for (const struct cmd_option *other = run_options; other != option; other++) {
			assert_string_not_equal(option->name, other->name);
			assert_true(!option->letter || option->letter != other->letter);
		}
	}
	run_request_free(&request);
}

static void the_help_names_every_option(void **state)
{
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	cmd_help_print(&cmd_run, f);
	fclose(f);
	for (const struct cmd_option *option = run_options; option->name; option++) {
		char name[40];

		snprintf(name, sizeof(name), "--%s%c", option->name, option->argument ? ' ' : '\0');
		assert_non_null(strstr(text, name));
	}
	assert_non_null(strstr(text, "\n  --initrd FILE        its initial RAM disk\n"));
	for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n"))
		assert_true(strlen(line) <= 100);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_command_line_fills_the_request),
		cmocka_unit_test(the_last_value_counts),
		cmocka_unit_test(what_starts_the_guest),
		cmocka_unit_test(a_tpm_needs_a_place),
		cmocka_unit_test(a_display_is_not_open_to_the_world),
		cmocka_unit_test(mistakes_are_explained),
		cmocka_unit_test(what_is_printed_reads_back),
		cmocka_unit_test(every_row_is_whole),
		cmocka_unit_test(the_help_names_every_option),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
