// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Finds what names a person, a machine or a network in the texts of a capture: values of kernel and
 * mount options, network addresses, servers, home directories.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "host/scan/capture_internal.h"

static bool is_key_char(char c)
{
	return isalnum((u8)c) || c == '.' || c == '_' || c == '-';
}

static bool has_word(const char *key, size_t len, const char *word)
{
	size_t n = strlen(word);

	for (size_t i = 0; i + n <= len; i++)
		if (!strncasecmp(key + i, word, n))
			return true;
	return false;
}

static bool is_personal_key(const char *key, size_t len)
{
	static const char *const keys[] = { "ip", "nfsroot", "nfsaddrs", "hostname",
		"systemd.hostname", "netroot", "BOOTIF", "nameserver", "rd.iscsi.initiator",
		"iscsi_initiator", "iscsi_target_name", "username", "user", "domain", "addr",
		"mountaddr", "clientaddr", "credentials", "cred", "proxy", "http_proxy",
		"https_proxy", "inst.ks", "ks", "url", "fetch", "ds", "seedfrom", "netconsole" };
	static const char *const words[] = { "passw", "passphrase", "secret", "token", "apikey" };

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		if (len == strlen(keys[i]) && !strncasecmp(key, keys[i], len))
			return true;
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (has_word(key, len, words[i]))
			return true;
	return false;
}

/* "ip=10.0.0.2::10.0.0.1:255.255.255.0:box:eth0:off", "password=x" */
static size_t option_at(const char *at, size_t *value)
{
	size_t n = 0;

	while (is_key_char(at[n]))
		n++;
	if (!n || at[n] != '=' || !is_personal_key(at, n))
		return 0;
	n++;
	*value = at[n] == '"' ? strcspn(at + n + 1, "\"\n") + 1 : strcspn(at + n, " \t\n");
	return n;
}

/* "192.168.1.7" */
static size_t ipv4_at(const char *at)
{
	size_t n = 0;

	for (unsigned part = 0; part < 4; part++) {
		size_t digits = strspn(at + n, "0123456789");

		if (!digits || digits > 3 || strtoul(at + n, NULL, 10) > 255)
			return 0;
		n += digits;
		if (part < 3 && at[n++] != '.')
			return 0;
	}
	return is_key_char(at[n]) ? 0 : n;
}

/* The length of the server's name in "server:/export", "https://server/" or "//server/share". */
static size_t server_at(const char *at, size_t *lead)
{
	size_t n = 0;

	*lead = 0;
	if (at[0] == '/' && at[1] == '/')
		*lead = 2;
	while (isalpha((u8)at[n]))
		n++;
	if (n && !strncmp(at + n, "://", 3))
		*lead = n + 3;
	n = *lead;
	while (is_key_char(at[n]) || (*lead && (at[n] == '@' || at[n] == ':')))
		n++;
	if (n == *lead || (!*lead && (at[n] != ':' || at[n + 1] != '/' || at[n + 2] == '/')))
		return 0;
	return n - *lead;
}

/* "/home/joe", "/run/media/joe" */
static size_t home_at(const char *at, size_t *lead)
{
	static const char *const roots[] = { "/home/", "/media/", "/Users/" };

	for (size_t i = 0; i < ARRAY_SIZE(roots); i++) {
		*lead = strlen(roots[i]);
		if (!strncmp(at, roots[i], *lead))
			return strcspn(at + *lead, "/ \t\n\\");
	}
	return 0;
}

size_t capture_personal_at(const char *at, bool starts_word, size_t *lead)
{
	size_t n;

	*lead = 0;
	n = home_at(at, lead);
	if (n)
		return n;
	if (!starts_word)
		return 0;
	*lead = option_at(at, &n);
	if (*lead)
		return n;
	n = ipv4_at(at);
	return n ? n : server_at(at, lead);
}
