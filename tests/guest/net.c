// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * net: the network card dev=NAME (eth0), with the address of a DHCP server, or ip=ADDRESS (/24)
 *   ping=N            echoes from the gateway, or from to=ADDRESS
 *   dns=NAME          asks the name server that DHCP gave; reports its answer as dns=
 *   get=PORT          reads all that a server at the gateway (to=) sends; its SHA-256 is got=
 *   put=PORT+mib=N    sends it N MiB (4), which it confirms with a line; their SHA-256 is put=
 *   listen=PORT       waits for a connection, and answers the line that comes with the same one
 * Reports mac=, mtu=, ip=, gateway= and the time of the transfers in ms.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <net/route.h>
#include <netinet/ip.h>
#include <netinet/ip_icmp.h>
#include <netinet/udp.h>
#include <netpacket/packet.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/bytes.h"
#include "sha256.h"
#include "steps.h"

#define WAIT_MS   10000
#define TRY_MS    2000
#define CHUNK     (64 * KIB)
#define NET_CLASS 24 /* bits of the mask */

/* RFC 2131: the fixed part, and where its fields are. */
#define BOOTP_SIZE   240
#define BOOTP_YIADDR 16
#define BOOTP_CHADDR 28
#define BOOTP_MAGIC  236
#define DHCP_MAGIC   0x63825363
#define DHCP_XID     0x74656e6f

enum { DISCOVER = 1, OFFER = 2, REQUEST = 3, ACK = 5 };
enum {
	OPT_MASK = 1,
	OPT_ROUTER = 3,
	OPT_DNS = 6,
	OPT_ADDRESS = 50,
	OPT_TYPE = 53,
	OPT_SERVER = 54,
	OPT_WANTED = 55,
	OPT_END = 255
};

struct net {
	const char *dev;
	int index;
	u8 mac[6];
	struct in_addr ip, gateway, name_server;
};

static int open_socket(int domain, int type, int protocol)
{
	int fd = socket(domain, type | SOCK_CLOEXEC, protocol);

	if (fd < 0)
		fail_errno("no socket of type %d", type);
	return fd;
}

static struct ifreq request_for(const struct net *net)
{
	struct ifreq request = { 0 };

	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", net->dev);
	return request;
}

/* Waits for the card, and takes it up. */
static void find_card(struct net *net)
{
	int fd = open_socket(AF_INET, SOCK_DGRAM, 0);
	struct ifreq request = request_for(net);
	u64 end = now_ms() + WAIT_MS;

	while (ioctl(fd, SIOCGIFHWADDR, &request)) {
		if (now_ms() > end)
			fail("there is no %s", net->dev);
		sleep_ms(10);
	}
	memcpy(net->mac, request.ifr_hwaddr.sa_data, sizeof(net->mac));
	net->index = (int)if_nametoindex(net->dev);
	request.ifr_flags = IFF_UP | IFF_RUNNING;
	if (ioctl(fd, SIOCSIFFLAGS, &request))
		fail_errno("cannot take %s up", net->dev);
	report("mac", "%02x:%02x:%02x:%02x:%02x:%02x", net->mac[0], net->mac[1], net->mac[2],
		net->mac[3], net->mac[4], net->mac[5]);
	if (!ioctl(fd, SIOCGIFMTU, &request))
		report("mtu", "%d", request.ifr_mtu);
	close(fd);
}

static u16 ip_sum(const u8 *bytes, size_t size)
{
	u32 sum = 0;

	for (size_t i = 0; i + 1 < size; i += 2)
		sum += get_be16(bytes + i);
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (u16)~sum;
}

static u8 *add_option(u8 *at, u8 code, const void *bytes, u8 size)
{
	*at++ = code;
	*at++ = size;
	memcpy(at, bytes, size);
	return at + size;
}

/* An IP packet with the message; returns its size. */
static size_t make_dhcp(const struct net *net, u8 *packet, u8 type, const u8 *server)
{
	static const u8 wanted[] = { OPT_MASK, OPT_ROUTER, OPT_DNS };
	u8 *udp = packet + 20, *dhcp = udp + 8, *at = dhcp + BOOTP_SIZE;

	memset(packet, 0, 28 + BOOTP_SIZE);
	dhcp[0] = dhcp[1] = 1;
	dhcp[2] = sizeof(net->mac);
	put_be32(dhcp + 4, DHCP_XID);
	put_be16(dhcp + 10, 0x8000); /* answer by broadcast */
	memcpy(dhcp + BOOTP_CHADDR, net->mac, sizeof(net->mac));
	put_be32(dhcp + BOOTP_MAGIC, DHCP_MAGIC);
	at = add_option(at, OPT_TYPE, &type, 1);
	at = add_option(at, OPT_WANTED, wanted, sizeof(wanted));
	if (type == REQUEST) {
		at = add_option(at, OPT_ADDRESS, &net->ip, 4);
		at = add_option(at, OPT_SERVER, server, 4);
	}
	*at++ = OPT_END;
	put_be16(udp, 68);
	put_be16(udp + 2, 67);
	put_be16(udp + 4, (u16)(at - udp));
	packet[0] = 0x45;
	put_be16(packet + 2, (u16)(at - packet));
	packet[8] = 64;
	packet[9] = IPPROTO_UDP;
	memset(packet + 16, 0xff, 4);
	put_be16(packet + 10, ip_sum(packet, 20));
	return at - packet;
}

static const u8 *find_option(const u8 *dhcp, size_t size, u8 code)
{
	for (size_t at = BOOTP_SIZE; at + 2 < size && dhcp[at] != OPT_END;) {
		if (dhcp[at] == code)
			return at + 2 + dhcp[at + 1] <= size ? dhcp + at + 2 : NULL;
		at += dhcp[at] ? 2u + dhcp[at + 1] : 1;
	}
	return NULL;
}

/* The DHCP part of a packet of @type for us, or NULL. */
static const u8 *is_dhcp(const u8 *packet, size_t size, u8 type, size_t *dhcp_size)
{
	const u8 *dhcp = packet + 28, *found;

	if (size < 28 + BOOTP_SIZE + 4 || packet[0] != 0x45 || packet[9] != IPPROTO_UDP ||
		get_be16(packet + 22) != 68 || get_be32(dhcp + 4) != DHCP_XID)
		return NULL;
	*dhcp_size = size - 28;
	found = find_option(dhcp, *dhcp_size, OPT_TYPE);
	return found && *found == type ? dhcp : NULL;
}

/* Sends a message until it is answered by one of type @answer; the packet is left in @packet. */
static const u8 *ask_dhcp(
	struct net *net, int fd, u8 *packet, u8 type, u8 answer, const u8 *server, size_t *size)
{
	struct sockaddr_ll all = { .sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_IP),
		.sll_ifindex = net->index,
		.sll_halen = 6,
		.sll_addr = { 255, 255, 255, 255, 255, 255 } };

	for (u64 end = now_ms() + WAIT_MS; now_ms() < end;) {
		size_t length = make_dhcp(net, packet, type, server);
		struct pollfd wait = { fd, POLLIN, 0 };

		if (sendto(fd, packet, length, 0, (struct sockaddr *)&all, sizeof(all)) < 0)
			fail_errno("cannot send to %s", net->dev);
		for (u64 next = now_ms() + TRY_MS; now_ms() < next && poll(&wait, 1, 100) >= 0;) {
			ssize_t n = recv(fd, packet, 2048, MSG_DONTWAIT);
			const u8 *dhcp = n > 0 ? is_dhcp(packet, n, answer, size) : NULL;

			if (dhcp)
				return dhcp;
		}
	}
	fail("no DHCP server answers message %u", type);
}

static struct in_addr address_in(const u8 *bytes)
{
	struct in_addr a = { 0 };

	if (bytes)
		memcpy(&a, bytes, sizeof(a));
	return a;
}

static void get_address(struct net *net)
{
	int fd = open_socket(AF_PACKET, SOCK_DGRAM, htons(ETH_P_IP));
	u8 packet[2048], server[4] = { 0 };
	const u8 *dhcp, *option;
	size_t size;

	dhcp = ask_dhcp(net, fd, packet, DISCOVER, OFFER, server, &size);
	net->ip = address_in(dhcp + BOOTP_YIADDR);
	option = find_option(dhcp, size, OPT_SERVER);
	if (option)
		memcpy(server, option, sizeof(server));
	dhcp = ask_dhcp(net, fd, packet, REQUEST, ACK, server, &size);
	net->ip = address_in(dhcp + BOOTP_YIADDR);
	net->gateway = address_in(find_option(dhcp, size, OPT_ROUTER));
	net->name_server = address_in(find_option(dhcp, size, OPT_DNS));
	close(fd);
}

static void set_address(const struct net *net)
{
	int fd = open_socket(AF_INET, SOCK_DGRAM, 0);
	struct ifreq request = request_for(net);
	struct sockaddr_in *address = (struct sockaddr_in *)&request.ifr_addr;
	struct rtentry route = { .rt_flags = RTF_UP | RTF_GATEWAY };

	*address = (struct sockaddr_in){ .sin_family = AF_INET, .sin_addr = net->ip };
	if (ioctl(fd, SIOCSIFADDR, &request))
		fail_errno("cannot set the address");
	address->sin_addr.s_addr = htonl(~0u << (32 - NET_CLASS));
	if (ioctl(fd, SIOCSIFNETMASK, &request))
		fail_errno("cannot set the mask");
	((struct sockaddr_in *)&route.rt_dst)->sin_family = AF_INET;
	((struct sockaddr_in *)&route.rt_genmask)->sin_family = AF_INET;
	*(struct sockaddr_in *)&route.rt_gateway =
		(struct sockaddr_in){ .sin_family = AF_INET, .sin_addr = net->gateway };
	if (net->gateway.s_addr && ioctl(fd, SIOCADDRT, &route))
		fail_errno("cannot set the gateway");
	close(fd);
}

static void ping(struct in_addr to, unsigned count)
{
	int fd = open_socket(AF_INET, SOCK_RAW, IPPROTO_ICMP);
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr = to };
	unsigned answers = 0;

	for (u16 n = 0; n < count; n++) {
		u8 echo[64] = { ICMP_ECHO }, packet[256];
		struct pollfd wait = { fd, POLLIN, 0 };
		bool answered = false;

		put_be16(echo + 4, 0x7465);
		put_be16(echo + 6, n);
		put_be16(echo + 2, ip_sum(echo, sizeof(echo)));
		sendto(fd, echo, sizeof(echo), 0, (struct sockaddr *)&address, sizeof(address));
		for (u64 end = now_ms() + TRY_MS; !answered && now_ms() < end;) {
			ssize_t got =
				poll(&wait, 1, 100) > 0 ? recv(fd, packet, sizeof(packet), 0) : 0;

			answered = got == 20 + (ssize_t)sizeof(echo) &&
				   packet[20] == ICMP_ECHOREPLY && get_be16(packet + 26) == n;
		}
		answers += answered;
	}
	if (answers != count)
		fail("%u of %u echoes from %s", answers, count, inet_ntoa(to));
	report("echoes", "%u", answers);
}

static size_t make_query(u8 *query, const char *name)
{
	u8 *at = query + 12;

	memset(query, 0, 12);
	put_be16(query, 0x7465);
	put_be16(query + 2, 0x0100);
	put_be16(query + 4, 1);
	while (*name) {
		size_t n = strcspn(name, ".");

		*at++ = (u8)n;
		memcpy(at, name, n);
		at += n;
		name += n + (name[n] == '.');
	}
	*at++ = 0;
	put_be16(at, 1);
	put_be16(at + 2, 1);
	return at + 4 - query;
}

/* The address at the answer's end, where a short answer has it. */
static void ask_name(const struct net *net, const char *name)
{
	int fd = open_socket(AF_INET, SOCK_DGRAM, 0);
	struct sockaddr_in server = {
		.sin_family = AF_INET, .sin_addr = net->name_server, .sin_port = htons(53)
	};
	struct pollfd wait = { fd, POLLIN, 0 };
	u8 query[512], answer[512];
	size_t size = make_query(query, name);
	ssize_t got;

	for (u64 end = now_ms() + WAIT_MS; now_ms() < end;) {
		sendto(fd, query, size, 0, (struct sockaddr *)&server, sizeof(server));
		if (poll(&wait, 1, TRY_MS) <= 0)
			continue;
		got = recv(fd, answer, sizeof(answer), 0);
		if (got < (ssize_t)size + 4 || get_be16(answer) != 0x7465 || !get_be16(answer + 6))
			fail("the name server knows no %s", name);
		report("dns", "%s", inet_ntoa(address_in(answer + got - 4)));
		return;
	}
	fail("the name server %s does not answer", inet_ntoa(net->name_server));
}

static int connect_to(struct in_addr to, u16 port)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET, .sin_addr = to, .sin_port = htons(port)
	};
	int fd = open_socket(AF_INET, SOCK_STREAM, 0);

	if (connect(fd, (struct sockaddr *)&address, sizeof(address)))
		fail_errno("cannot connect to %s port %u", inet_ntoa(to), port);
	return fd;
}

static void report_sum(const char *key, struct sha256 *sum)
{
	char text[65];

	sha256_finish(sum, text);
	report(key, "%s", text);
}

static void get(struct in_addr to, u16 port)
{
	static u8 bytes[CHUNK];
	int fd = connect_to(to, port);
	u64 start = now_ms();
	struct sha256 sum;
	ssize_t n;

	sha256_start(&sum);
	while ((n = read(fd, bytes, sizeof(bytes))) > 0)
		sha256_add(&sum, bytes, n);
	if (n < 0)
		fail_errno("cannot read from port %u", port);
	report("get_ms", "%llu", (unsigned long long)(now_ms() - start));
	report_sum("got", &sum);
}

static void put(struct in_addr to, u16 port, unsigned mib)
{
	static u8 bytes[CHUNK];
	int fd = connect_to(to, port);
	u64 start = now_ms(), state = start | 1;
	struct sha256 sum;
	char line[8];

	sha256_start(&sum);
	for (unsigned n = 0; n < mib * (MIB / CHUNK); n++) {
		for (size_t i = 0; i < CHUNK; i += 8) {
			state ^= state << 13;
			state ^= state >> 7;
			state ^= state << 17;
			put_le64(bytes + i, state);
		}
		sha256_add(&sum, bytes, CHUNK);
		for (size_t at = 0; at < CHUNK;) {
			ssize_t sent = write(fd, bytes + at, CHUNK - at);

			if (sent < 0)
				fail_errno("cannot write to port %u", port);
			at += sent;
		}
	}
	shutdown(fd, SHUT_WR);
	if (read(fd, line, sizeof(line)) <= 0)
		fail("port %u does not confirm", port);
	report("put_ms", "%llu", (unsigned long long)(now_ms() - start));
	report_sum("put", &sum);
}

/* Reports who connected, and answers. */
static void answer(u16 port)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons(port) }, peer = { 0 };
	socklen_t size = sizeof(peer);
	int fd, listener = open_socket(AF_INET, SOCK_STREAM, 0);
	char line[64];
	ssize_t n;

	if (bind(listener, (struct sockaddr *)&at, sizeof(at)) || listen(listener, 1))
		fail_errno("cannot listen at port %u", port);
	fd = accept(listener, (struct sockaddr *)&peer, &size);
	if (fd < 0)
		fail_errno("nobody connects to port %u", port);
	n = read(fd, line, sizeof(line));
	if (n <= 0 || write(fd, line, n) != n)
		fail_errno("no line at port %u", port);
	report("from", "%s", inet_ntoa(peer.sin_addr));
	close(fd);
}

void step_net(const struct args *args)
{
	struct net net = { .dev = args_get(args, "dev", "eth0") };
	const char *ip = args_get(args, "ip", NULL), *to = args_get(args, "to", NULL);
	struct in_addr peer;

	find_card(&net);
	if (!ip)
		get_address(&net);
	else if (!inet_aton(ip, &net.ip))
		fail("%s is no address", ip);
	set_address(&net);
	report("ip", "%s", inet_ntoa(net.ip));
	report("gateway", "%s", inet_ntoa(net.gateway));
	peer = net.gateway;
	if (to && !inet_aton(to, &peer))
		fail("%s is no address", to);
	if (args_number(args, "ping", 0))
		ping(peer, args_number(args, "ping", 0));
	if (args_get(args, "dns", NULL))
		ask_name(&net, args_get(args, "dns", NULL));
	if (args_number(args, "get", 0))
		get(peer, args_number(args, "get", 0));
	if (args_number(args, "put", 0))
		put(peer, args_number(args, "put", 0), args_number(args, "mib", 4));
	if (args_number(args, "listen", 0))
		answer(args_number(args, "listen", 0));
}
