/*
 * Audit cases: ioctl(2) of sockets and of the network's interfaces, those of a network of the case's own.
 */
#include "net.h"

#include <fcntl.h>
#include <linux/ethtool.h>
#include <linux/if_tun.h>
#include <linux/sockios.h>
#include <net/if_arp.h>
#include <net/route.h>

#ifndef SIOCUNIXFILE
#define SIOCUNIXFILE 0x89e0
#endif
#ifndef SIOCGSKNS
#define SIOCGSKNS 0x894c
#endif

static int datagram(void)
{
	return (int)MUST(socket(AF_INET, SOCK_DGRAM, 0));
}

/* A request about the loopback; what the kernel is going to write holds something else before. */
static struct ifreq about(const char *name)
{
	struct ifreq r;

	memset(&r, 'r', sizeof(r));
	memset(r.ifr_name, 0, sizeof(r.ifr_name));
	strcpy(r.ifr_name, name);
	return r;
}

/* The request succeeds about the loopback, and fails about an interface that is not there. */
static void ask(unsigned long request)
{
	struct ifreq r = about("lo"), none = about("nothing");
	int fd = datagram();

	MUST(syscall(SYS_ioctl, fd, request, &r));
	MUST_FAIL(syscall(SYS_ioctl, fd, request, &none), ENODEV);
}

#define ASK(NAME)                                                     \
	ABI_CASE_("ioctl(" #NAME ")", NULL, ABI_JOIN(ask_, __LINE__)) \
	{                                                             \
		ask(NAME);                                            \
	}
ASK(SIOCGIFFLAGS)
ASK(SIOCGIFADDR)
ASK(SIOCGIFDSTADDR)
ASK(SIOCGIFBRDADDR)
ASK(SIOCGIFNETMASK)
ASK(SIOCGIFMETRIC)
ASK(SIOCGIFMTU)
ASK(SIOCGIFHWADDR)
ASK(SIOCGIFINDEX)
ASK(SIOCGIFTXQLEN)
ASK(SIOCGIFMAP)

ABI_CASE("ioctl(SIOCGIFNAME)")
{
	struct ifreq r;
	int fd = datagram();

	memset(&r, 'r', sizeof(r));
	r.ifr_ifindex = 1;
	MUST(syscall(SYS_ioctl, fd, SIOCGIFNAME, &r));
	r.ifr_ifindex = -1;
	MUST_FAIL(syscall(SYS_ioctl, fd, SIOCGIFNAME, &r), ENODEV);
}

/* The loopback of an own network, up and with its address. */
static int own_loopback(void)
{
	struct ifreq r = about("lo");
	int fd;

	net_own();
	fd = datagram();
	r.ifr_flags = IFF_UP;
	MUST(ioctl(fd, SIOCSIFFLAGS, &r));
	return fd;
}

ABI_CASE("ioctl(SIOCGIFCONF)")
{
	struct ifreq room[4];
	struct ifconf c = { .ifc_len = sizeof(room), .ifc_req = room };
	int fd = own_loopback();

	memset(room, 'r', sizeof(room));
	MUST(syscall(SYS_ioctl, fd, SIOCGIFCONF, &c));
	MUST_BE(c.ifc_len == sizeof(room[0]));
	c.ifc_req = NULL;
	MUST(syscall(SYS_ioctl, fd, SIOCGIFCONF, &c));
	MUST_FAIL(syscall(SYS_ioctl, fd, SIOCGIFCONF, NULL), EFAULT);
}

ABI_CASE("ioctl(SIOCETHTOOL)")
{
	struct {
		uint32_t cmd, set, len;
		uint8_t text[70][32];
	} strings = { ETHTOOL_GSTRINGS, ETH_SS_FEATURES, 0, { "old" } };
	struct {
		uint32_t cmd, reserved;
		uint64_t mask;
		uint32_t data[2];
	} sets = { ETHTOOL_GSSET_INFO, 0, 1ull << ETH_SS_FEATURES, { 77, 77 } };
	struct ethtool_value value = { .cmd = ETHTOOL_GLINK, .data = 77 };
	struct ifreq r = { .ifr_name = "lo" };
	int fd = own_loopback();

	r.ifr_data = (void *)&value;
	MUST(syscall(SYS_ioctl, fd, SIOCETHTOOL, &r));
	r.ifr_data = (void *)&sets;
	MUST(syscall(SYS_ioctl, fd, SIOCETHTOOL, &r));
	strings.len = sets.data[0] <= 70 ? sets.data[0] : 0;
	r.ifr_data = (void *)&strings;
	MUST(syscall(SYS_ioctl, fd, SIOCETHTOOL, &r));
	r.ifr_data = (void *)&value;
	value.cmd = ETHTOOL_GMSGLVL;
	MUST_FAIL(syscall(SYS_ioctl, fd, SIOCETHTOOL, &r), EOPNOTSUPP);
}

/* Of a neighbour on a link that there is none on: a pair of tunnel ends would be needed for a real one. */
static struct arpreq neighbour(void)
{
	struct arpreq a = { .arp_flags = ATF_PERM | ATF_COM, .arp_dev = "tap7" };
	struct sockaddr_in there = net_loopback(0);

	there.sin_addr.s_addr = htonl(0x0a000002);
	memcpy(&a.arp_pa, &there, sizeof(a.arp_pa));
	a.arp_ha = (struct sockaddr){ .sa_family = ARPHRD_ETHER, .sa_data = { 2, 3, 4, 5, 6, 7 } };
	return a;
}

/* A socket in an own network that has an Ethernet with the address 10.0.0.1. */
static int own_ethernet(void)
{
	struct ifreq r = { .ifr_name = "tap7", .ifr_flags = IFF_TAP | IFF_NO_PI };
	struct sockaddr_in here = net_loopback(0);
	int fd = own_loopback(), tap = open("/dev/net/tun", O_RDWR);

	if (tap < 0)
		abi_skip("no /dev/net/tun");
	MUST(ioctl(tap, TUNSETIFF, &r));
	here.sin_addr.s_addr = htonl(0x0a000001);
	memcpy(&r.ifr_addr, &here, sizeof(here));
	MUST(ioctl(fd, SIOCSIFADDR, &r));
	r.ifr_flags = IFF_UP;
	MUST(ioctl(fd, SIOCSIFFLAGS, &r));
	return fd;
}

ABI_CASE("ioctl(SIOCSARP)")
{
	struct arpreq a = neighbour();
	int fd = own_ethernet();

	MUST(syscall(SYS_ioctl, fd, SIOCSARP, &a));
	a.arp_pa.sa_family = AF_UNIX;
	MUST_FAIL(syscall(SYS_ioctl, fd, SIOCSARP, &a), EPFNOSUPPORT);
}

ABI_CASE("ioctl(SIOCGARP)")
{
	struct arpreq a = neighbour();
	int fd = own_ethernet();

	MUST(ioctl(fd, SIOCSARP, &a));
	memset(&a.arp_ha, 'h', sizeof(a.arp_ha));
	a.arp_flags = 0;
	MUST(syscall(SYS_ioctl, fd, SIOCGARP, &a));
	MUST_BE(a.arp_ha.sa_data[5] == 7);
	MUST(ioctl(fd, SIOCDARP, &a));
	MUST_FAIL(syscall(SYS_ioctl, fd, SIOCGARP, &a), ENXIO);
}

ABI_CASE("ioctl(SIOCDARP)")
{
	struct arpreq a = neighbour();
	int fd = own_ethernet();

	MUST(ioctl(fd, SIOCSARP, &a));
	MUST(syscall(SYS_ioctl, fd, SIOCDARP, &a));
	MUST_FAIL(syscall(SYS_ioctl, fd, SIOCDARP, &a), ENXIO);
}

/* A route to one host over the loopback, in an own network; IPv6's as well, where there is that. */
static void route(unsigned long request, bool before)
{
	struct rtentry r = { .rt_flags = RTF_UP | RTF_HOST, .rt_dev = "lo", .rt_metric = 3 };
	struct in6_rtmsg r6 = { .rtmsg_dst_len = 128, .rtmsg_metric = 5, .rtmsg_flags = RTF_UP | RTF_HOST, .rtmsg_ifindex = 1 };
	struct sockaddr_in there = net_loopback(0);
	uint64_t room[15] = { 0 };
	int fd = own_loopback(), fd6 = socket(AF_INET6, SOCK_DGRAM, 0);

	there.sin_addr.s_addr = htonl(0x0a090909);
	memcpy(&r.rt_dst, &there, sizeof(there));
	r6.rtmsg_dst = (struct in6_addr){ { { 0xfc, 1, 2 } } };
	memcpy(room, &r6, sizeof(r6)); /* what is behind it is compared as well */
	if (before) {
		MUST(ioctl(fd, SIOCADDRT, &r));
		if (fd6 != -1)
			MUST(ioctl(fd6, SIOCADDRT, room));
	}
	MUST(syscall(SYS_ioctl, fd, request, &r));
	if (fd6 != -1)
		MUST(syscall(SYS_ioctl, fd6, request, room));
	r.rt_dev = "nothing";
	MUST_FAIL(syscall(SYS_ioctl, fd, request, &r), ENODEV);
}

ABI_CASE("ioctl(SIOCADDRT)")
{
	route(SIOCADDRT, false);
}

ABI_CASE("ioctl(SIOCDELRT)")
{
	route(SIOCDELRT, true);
}

/* The request sets the loopback of an own network, and nothing about an interface that is not there. */
static void set(unsigned long request, const struct ifreq *value)
{
	int fd = own_loopback();
	struct ifreq r = *value, none = *value;

	strcpy(r.ifr_name, "lo");
	strcpy(none.ifr_name, "nothing");
	MUST(syscall(SYS_ioctl, fd, request, &r));
	MUST_FAIL(syscall(SYS_ioctl, fd, request, &none), ENODEV);
}

static struct ifreq address(uint32_t ip)
{
	struct ifreq r = { .ifr_name = "lo" };
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr = { htonl(ip) } };

	memcpy(&r.ifr_addr, &a, sizeof(a));
	return r;
}

ABI_CASE("ioctl(SIOCSIFFLAGS)")
{
	set(SIOCSIFFLAGS, &(struct ifreq){ .ifr_flags = IFF_UP });
}

ABI_CASE("ioctl(SIOCSIFMTU)")
{
	set(SIOCSIFMTU, &(struct ifreq){ .ifr_mtu = 1500 });
}

ABI_CASE("ioctl(SIOCSIFTXQLEN)")
{
	set(SIOCSIFTXQLEN, &(struct ifreq){ .ifr_qlen = 500 });
}

ABI_CASE("ioctl(SIOCSIFADDR)")
{
	struct ifreq a = address(0x7f000002);

	set(SIOCSIFADDR, &a);
}

ABI_CASE("ioctl(SIOCSIFNETMASK)")
{
	struct ifreq a = address(0xffff0000);

	set(SIOCSIFNETMASK, &a);
}

ABI_CASE("ioctl(SIOCSIFBRDADDR)")
{
	struct ifreq a = address(0x7fffffff);

	set(SIOCSIFBRDADDR, &a);
}

ABI_CASE("ioctl(SIOCSIFDSTADDR)")
{
	struct ifreq a = address(0x7f000003);

	set(SIOCSIFDSTADDR, &a);
}

ABI_CASE("ioctl(SIOCSIFHWADDR)")
{
	set(SIOCSIFHWADDR, &(struct ifreq){ .ifr_hwaddr = { 772 /* ARPHRD_LOOPBACK */, "\2\0\0\0\0\1" } });
}

ABI_CASE("ioctl(SIOCSIFNAME)")
{
	struct ifreq r = { .ifr_name = "lo", .ifr_newname = "other" };
	int fd;

	net_own();
	fd = datagram();
	MUST(syscall(SYS_ioctl, fd, SIOCSIFNAME, &r));
	MUST_FAIL(syscall(SYS_ioctl, fd, SIOCSIFNAME, &r), ENODEV);
}

/* ---- the socket itself ---- */

ABI_CASE("ioctl(FIOSETOWN)")
{
	int fd = datagram(), me = (int)getpid();

	MUST(syscall(SYS_ioctl, fd, FIOSETOWN, &me));
	MUST_FAIL(syscall(SYS_ioctl, fd, FIOSETOWN, NULL), EFAULT);
}

ABI_CASE("ioctl(SIOCSPGRP)")
{
	int fd = datagram(), me = (int)getpid();

	MUST(syscall(SYS_ioctl, fd, SIOCSPGRP, &me));
	MUST_FAIL(syscall(SYS_ioctl, fd, SIOCSPGRP, NULL), EFAULT);
}

/* Whom the socket signals. */
static void owner(unsigned long request)
{
	int fd = datagram(), me = (int)getpid(), who = -1;

	MUST(syscall(SYS_ioctl, fd, SIOCSPGRP, &me));
	MUST(syscall(SYS_ioctl, fd, request, &who));
	MUST_BE(who == me);
	MUST_FAIL(syscall(SYS_ioctl, fd, request, NULL), EFAULT);
}

ABI_CASE("ioctl(FIOGETOWN)")
{
	owner(FIOGETOWN);
}

ABI_CASE("ioctl(SIOCGPGRP)")
{
	owner(SIOCGPGRP);
}

static int client(void)
{
	struct sockaddr_in there = net_loopback(0);

	net_server(&there);
	return net_client(&there);
}

ABI_CASE("ioctl(SIOCATMARK)")
{
	int fd = client(), at = -1;

	MUST(syscall(SYS_ioctl, fd, SIOCATMARK, &at));
	MUST_FAIL(syscall(SYS_ioctl, fd, SIOCATMARK, NULL), EFAULT);
}

ABI_CASE("ioctl(SIOCOUTQNSD)")
{
	int fd = client(), n = -1;

	MUST(syscall(SYS_ioctl, fd, SIOCOUTQNSD, &n));
	MUST_FAIL(syscall(SYS_ioctl, fd, SIOCOUTQNSD, NULL), EFAULT);
}

/* When the last datagram came in. */
static void stamp(unsigned long request)
{
	struct sockaddr_in there = net_loopback(0);
	int fd = net_bound(AF_INET, SOCK_DGRAM, &there, sizeof(there));
	char text[8];
	uint64_t when[2] = { 1, 1 };

	MUST_FAIL(syscall(SYS_ioctl, fd, request, when), ENOENT);
	MUST(sendto(datagram(), "text", 4, 0, (void *)&there, sizeof(there)));
	MUST(recv(fd, text, sizeof(text), 0));
	MUST(syscall(SYS_ioctl, fd, request, when));
}

ABI_CASE("ioctl(SIOCGSTAMP_OLD)")
{
	stamp(0x8906);
}

ABI_CASE("ioctl(SIOCGSTAMPNS_OLD)")
{
	stamp(0x8907);
}

ABI_CASE("ioctl(SIOCGSTAMP_NEW)")
{
	stamp(0x80108906);
}

ABI_CASE("ioctl(SIOCGSTAMPNS_NEW)")
{
	stamp(0x80108907);
}

ABI_CASE("ioctl(SIOCUNIXFILE)")
{
	struct sockaddr_un there = { .sun_family = AF_UNIX, .sun_path = "s" };
	int fd = (int)MUST(socket(AF_UNIX, SOCK_STREAM, 0));

	if (syscall(SYS_ioctl, fd, SIOCUNIXFILE, 0L) == -1 && errno == EPERM)
		abi_skip("no privilege to open a socket's file");
	MUST(bind(fd, (void *)&there, sizeof(there)));
	MUST(syscall(SYS_ioctl, fd, SIOCUNIXFILE, 0L));
	MUST_FAIL(syscall(SYS_ioctl, (int)MUST(socket(AF_UNIX, SOCK_STREAM, 0)), SIOCUNIXFILE, 0L), ENOENT);
}

ABI_CASE("ioctl(SIOCGSKNS)")
{
	int fd = datagram();

	if (syscall(SYS_ioctl, fd, SIOCGSKNS, 0L) == -1 && errno == EPERM)
		abi_skip("no privilege to have a socket's network");
	MUST_FAIL(syscall(SYS_ioctl, -1, SIOCGSKNS, 0L), EBADF);
}
