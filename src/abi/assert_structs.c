/*
 * Every size and offset of structs.def is what the kernel's own headers say (not libc's: their struct stat, sigaction
 * and termios are other structs).  Nothing here reaches the binary.
 */
#include "abi/instruction.h"
#include "abi/kinds.h"

#include <asm/ipcbuf.h>
#include <asm/msgbuf.h>
#include <asm/sembuf.h>
#include <asm/shmbuf.h>
#include <asm/siginfo.h>
#include <asm/signal.h>
#include <asm/stat.h>
#include <asm/statfs.h>
#include <asm/termbits.h>
#include <asm/termios.h>
#include <linux/blkpg.h>
#include <linux/capability.h>
#include <linux/dqblk_xfs.h>
#include <linux/errqueue.h>
#include <linux/blkpg.h>
#include <linux/bpf.h>
#include <linux/eventpoll.h>
#include <linux/fanotify.h>
#include <linux/fiemap.h>
#include <linux/filter.h>
#include <linux/fs.h>
#include <linux/futex.h>
#include <linux/hdreg.h>
#include <linux/if_tun.h>
#include <linux/if_packet.h>
#include <linux/in.h>
#include <linux/in6.h>
#include <linux/inotify.h>
#include <linux/ipv6.h>
#include <linux/kexec.h>
#include <linux/keyctl.h>
#include <linux/landlock.h>
#include <linux/loop.h>
#include <linux/mount.h>
#include <linux/mqueue.h>
#include <linux/msg.h>
#include <linux/net_tstamp.h>
#include <linux/netlink.h>
#include <linux/openat2.h>
#include <linux/perf_event.h>
#include <linux/poll.h>
#include <linux/prctl.h>
#include <linux/quota.h>
#include <linux/random.h>
#include <linux/resource.h>
#include <linux/rtc.h>
#include <linux/sched.h>
#include <linux/sched/types.h>
#include <linux/seccomp.h>
#include <linux/sem.h>
#include <linux/serial.h>
#include <linux/shm.h>
#include <linux/signalfd.h>
#include <linux/stat.h>
#include <linux/sysinfo.h>
#include <linux/tcp.h>
#include <linux/time.h>
#include <linux/times.h>
#include <linux/timex.h>
#include <linux/uio.h>
#include <linux/un.h>
#include <linux/utime.h>
#include <linux/utsname.h>
#include <linux/vt.h>

#include <stddef.h>

/* Structs that the kernel keeps to itself, or that its headers leave to libc; as the kernel's sources have them. */
struct linux_dirent64 {
	uint64_t d_ino;
	int64_t d_off;
	uint16_t d_reclen;
	uint8_t d_type;
	char d_name[];
} __attribute__((packed));
struct linux_dirent {
	uint64_t d_ino, d_off;
	uint16_t d_reclen;
	char d_name[];
} __attribute__((packed));
struct file_handle {
	uint32_t handle_bytes;
	int handle_type;
	unsigned char f_handle[];
};
struct ustat_kernel {
	int f_tfree;
	uint64_t f_tinode;
	char f_fname[6], f_fpack[6];
};
/* Newer than the oldest headers that we build with. */
struct statx_kernel {
	unsigned char before[160];
	uint64_t stx_subvol;
	uint32_t stx_atomic_write_unit_min, stx_atomic_write_unit_max, stx_atomic_write_segments_max;
	uint32_t stx_dio_read_offset_align, stx_atomic_write_unit_max_opt;
	uint32_t spare[17];
};
struct file_attr_kernel {
	uint64_t fa_xflags;
	uint32_t fa_extsize, fa_nextents, fa_projid, fa_cowextsize;
};
struct xattr_args {
	uint64_t value __attribute__((aligned(8)));
	uint32_t size, flags;
};
struct cachestat_range_kernel {
	uint64_t off, len;
};
struct cachestat_kernel {
	uint64_t nr_cache, nr_dirty, nr_writeback, nr_evicted, nr_recently_evicted;
};
struct mnt_id_req_kernel {
	uint32_t size, mnt_ns_fd;
	uint64_t mnt_id, param, mnt_ns_id;
};
struct statmount_kernel {
	uint32_t size, mnt_opts;
	uint64_t mask;
	uint32_t sb_dev_major, sb_dev_minor;
	uint64_t sb_magic;
	uint32_t sb_flags, fs_type;
	uint64_t mnt_id, mnt_parent_id;
	uint32_t mnt_id_old, mnt_parent_id_old;
	uint64_t mnt_attr, mnt_propagation, mnt_peer_group, mnt_master, propagate_from;
	uint32_t mnt_root, mnt_point;
	uint64_t mnt_ns_id;
	uint32_t fs_subtype, sb_source, opt_num, opt_array, opt_sec_num, opt_sec_array;
	uint64_t supported_mask;
	uint32_t mnt_uidmap_num, mnt_uidmap, mnt_gidmap_num, mnt_gidmap;
	uint64_t spare[43];
	char str[];
};
/* <asm/ldt.h> has single bits for the last word */
struct user_desc_words {
	uint32_t entry_number, base_addr, limit, flags;
};
/* Newer than the oldest headers that we build with, or longer than there. */
struct landlock_ruleset {
	uint64_t handled_access_fs, handled_access_net, scoped;
};
struct landlock_net_port {
	uint64_t allowed_access, port;
};
struct sched_param_kernel {
	int sched_priority;
};
struct ip_packet { /* struct iphdr has bit fields */
	uint8_t version_ihl, tos;
	uint16_t tot_len, id, frag_off;
	uint8_t ttl, protocol;
	uint16_t check;
	uint32_t saddr, daddr;
};
struct sigset_argument {
	const void *ss;
	size_t ss_len;
};
struct user_msghdr {
	void *msg_name;
	int msg_namelen;
	struct iovec *msg_iov;
	uint64_t msg_iovlen;
	void *msg_control;
	uint64_t msg_controllen;
	unsigned int msg_flags;
};
struct mmsghdr {
	struct user_msghdr msg_hdr;
	unsigned int msg_len;
};
struct linger {
	int l_onoff, l_linger;
};
struct sock_meminfo {
	uint32_t meminfo[9];
};
struct port_range {
	uint16_t low, high;
};
struct tcp_info_first {
	uint8_t tcpi_state, tcpi_ca_state, tcpi_retransmits, tcpi_probes, tcpi_backoff, tcpi_options, tcpi_wscale, tcpi_limits;
	uint32_t tcpi_rto, tcpi_ato, tcpi_snd_mss, tcpi_rcv_mss, tcpi_unacked, tcpi_sacked, tcpi_lost, tcpi_retrans, tcpi_fackets, tcpi_last_data_sent, tcpi_last_ack_sent, tcpi_last_data_recv, tcpi_last_ack_recv, tcpi_pmtu, tcpi_rcv_ssthresh, tcpi_rtt, tcpi_rttvar, tcpi_snd_ssthresh, tcpi_snd_cwnd, tcpi_advmss, tcpi_reordering, tcpi_rcv_rtt, tcpi_rcv_space, tcpi_total_retrans;
	uint8_t more[];
};
_Static_assert(offsetof(struct tcp_info, tcpi_rto) == offsetof(struct tcp_info_first, tcpi_rto) &&
		       offsetof(struct tcp_info, tcpi_pmtu) == offsetof(struct tcp_info_first, tcpi_pmtu) &&
		       offsetof(struct tcp_info, tcpi_total_retrans) == offsetof(struct tcp_info_first, tcpi_total_retrans) &&
		       offsetof(struct tcp_info, tcpi_pacing_rate) == sizeof(struct tcp_info_first),
	       "the first part of struct tcp_info");
struct ucred {
	int32_t pid;
	uint32_t uid, gid;
};
/* <linux/if.h> brings libc's sockets with it */
struct ifmap {
	unsigned long mem_start, mem_end;
	unsigned short base_addr;
	unsigned char irq, dma, port;
};
struct ifreq {
	union {
		char ifrn_name[16];
	} ifr_ifrn;
	union {
		struct {
			unsigned short sa_family;
			char sa_data[14];
		} ifru_addr;
		struct {
			unsigned short sa_family;
			char sa_data[6];
		} ifru_hwaddr;
		short ifru_flags;
		int ifru_ivalue;
		struct ifmap ifru_map;
		char ifru_newname[16];
		void *ifru_data;
	} ifr_ifru;
};
/* struct rtentry, of which the first part is one, for <linux/route.h> brings libc's sockets, too */
struct rtentry_parts {
	uint8_t route[80];
	int16_t rt_metric;
	char *rt_dev;
	uint64_t rt_mtu, rt_window;
	uint16_t rt_irtt;
};
struct arp_address {
	unsigned short sa_family;
	char sa_data[14];
};
/* <linux/if_arp.h>, too */
struct arpreq {
	struct arp_address arp_pa, arp_ha;
	int arp_flags;
	struct arp_address arp_netmask;
	char arp_dev[16];
};
struct ifconf {
	int ifc_len;
	union {
		char *ifcu_buf;
		struct ifreq *ifcu_req;
	} ifc_ifcu;
};
/* newer than the oldest headers that we build with */
struct fsuuid2 {
	uint8_t len, uuid[16];
};
struct fs_sysfs_path {
	uint8_t len, name[128];
};
struct mnt_ns_info {
	uint32_t size, nr_mounts;
	uint64_t mnt_ns_id;
};
struct pidfd_info {
	uint64_t mask, cgroupid;
	uint32_t pid, tgid, ppid, ruid, rgid, euid, egid, suid, sgid, fsuid, fsgid;
	int32_t exit_code;
};
struct epoll_params {
	uint32_t busy_poll_usecs;
	uint16_t busy_poll_budget;
	uint8_t prefer_busy_poll, pad;
};
/* Parts of union bpf_attr, whose size grows; and what struct perf_event_attr had when it was 128 bytes. */
struct bpf_map_create {
	uint32_t map_type, key_size, value_size, max_entries, map_flags, inner_map_fd, numa_node;
	char map_name[16];
	uint32_t map_ifindex, btf_fd, btf_key_type_id, btf_value_type_id, btf_vmlinux_value_type_id;
	uint64_t map_extra;
};
struct bpf_map_elem {
	uint32_t map_fd;
	uint64_t key, value, flags;
};
struct bpf_prog_load {
	uint32_t prog_type, insn_cnt;
	uint64_t insns, license;
	uint32_t log_level, log_size;
	uint64_t log_buf;
	uint32_t kern_version, prog_flags;
	char prog_name[16];
	uint32_t prog_ifindex, expected_attach_type, prog_btf_fd, func_info_rec_size;
	uint64_t func_info;
	uint32_t func_info_cnt, line_info_rec_size;
	uint64_t line_info;
	uint32_t line_info_cnt, attach_btf_id, attach_prog_fd, core_relo_cnt;
	uint64_t fd_array, core_relos;
	uint32_t core_relo_rec_size, log_true_size; /* newer than the oldest headers */
};
struct bpf_btf_load {
	uint64_t btf, btf_log_buf;
	uint32_t btf_size, btf_log_size, btf_log_level, btf_log_true_size, btf_flags;
	int32_t btf_token_fd; /* these three, too */
};
struct bpf_obj {
	uint64_t pathname;
	uint32_t bpf_fd, file_flags;
	int32_t path_fd; /* newer than the oldest headers */
};
struct bpf_attach {
	uint32_t target_fd, attach_bpf_fd, attach_type, attach_flags, replace_bpf_fd;
};
struct bpf_by_id {
	uint32_t start_id, next_id, open_flags;
};
struct bpf_one {
	uint32_t first;
};
struct bpf_iter {
	uint32_t link_fd, flags;
};
struct bpf_bind {
	uint32_t prog_fd, map_fd, flags;
};
struct perf_event_attr_7 {
	uint32_t type, size;
	uint64_t config, sample_period, sample_type, read_format, flags;
	uint32_t wakeup_events, bp_type;
	uint64_t config1, config2, branch_sample_type, sample_regs_user;
	uint32_t sample_stack_user;
	int32_t clockid;
	uint64_t sample_regs_intr;
	uint32_t aux_watermark;
	uint16_t sample_max_stack;
	uint32_t aux_sample_size;
	uint64_t sig_data;
};
#define SAME(ours, theirs, member) _Static_assert(offsetof(ours, member) == offsetof(theirs, member), #member)
SAME(struct bpf_map_create, union bpf_attr, map_flags);
SAME(struct bpf_map_create, union bpf_attr, map_name);
SAME(struct bpf_map_create, union bpf_attr, btf_vmlinux_value_type_id);
SAME(struct bpf_map_create, union bpf_attr, map_extra);
SAME(struct bpf_map_elem, union bpf_attr, value);
SAME(struct bpf_prog_load, union bpf_attr, log_buf);
SAME(struct bpf_prog_load, union bpf_attr, func_info_cnt);
SAME(struct bpf_prog_load, union bpf_attr, core_relos);
SAME(struct bpf_btf_load, union bpf_attr, btf_log_level);
SAME(struct bpf_obj, union bpf_attr, pathname);
SAME(struct bpf_obj, union bpf_attr, file_flags);
SAME(struct bpf_attach, union bpf_attr, attach_flags);
SAME(struct bpf_attach, union bpf_attr, replace_bpf_fd);
SAME(struct bpf_by_id, union bpf_attr, start_id);
SAME(struct bpf_by_id, union bpf_attr, next_id);
SAME(struct bpf_by_id, union bpf_attr, open_flags);
SAME(struct perf_event_attr_7, struct perf_event_attr, read_format);
SAME(struct perf_event_attr_7, struct perf_event_attr, bp_type);
SAME(struct perf_event_attr_7, struct perf_event_attr, config2);
SAME(struct perf_event_attr_7, struct perf_event_attr, clockid);
SAME(struct perf_event_attr_7, struct perf_event_attr, sample_max_stack);
SAME(struct perf_event_attr_7, struct perf_event_attr, aux_sample_size);
SAME(struct perf_event_attr_7, struct perf_event_attr, sig_data);
_Static_assert(offsetof(union bpf_attr, iter_create.flags) == 4 && offsetof(union bpf_attr, prog_bind_map.flags) == 8 &&
		       offsetof(union bpf_attr, enable_stats.type) == 0 &&
		       offsetof(union bpf_attr, link_detach.link_fd) == 0,
	       "bpf");
struct itimerval_kernel {
	int64_t it_interval[2], it_value[2];
};
struct itimerspec_kernel {
	struct __kernel_timespec it_interval, it_value;
};
#define timex_kernel __kernel_timex

/* Those of the headers have one source more. */
struct group_filter_head {
	uint32_t gf_interface;
	struct __kernel_sockaddr_storage gf_group;
	uint32_t gf_fmode, gf_numsrc;
	struct __kernel_sockaddr_storage gf_slist[];
};
struct ip_msfilter_head {
	uint32_t imsf_multiaddr, imsf_interface, imsf_fmode, imsf_numsrc;
	uint32_t imsf_slist[];
};
struct ip_source {
	uint32_t address;
};
/* A member that is called addr is not to be told from where the struct is. */
struct tun_filter_list {
	uint16_t flags, count;
	uint8_t list[][6];
};
/* Ours: what all of <linux/ethtool.h>'s begin with. */
struct ethtool_any {
	uint32_t cmd;
	uint8_t data[];
};
/* Ours: a file's block that is asked about, and the disk's. */
union fibmap {
	int32_t block, where;
};
/* Ours: a time-out that the program asks for, and what the kernel leaves of it in the same place. */
union limit_timespec {
	struct __kernel_timespec request, left;
};
union limit_timeval {
	int64_t request[2], left[2];
};

/* Ours: what a tracer reads from /proc/PID/auxv. */
struct abi_auxv {
	uint64_t hwcap, hwcap2, pagesz, clktck, uid, euid, gid, egid, secure, minsigstksz, flags, hwcap3;
};

enum {
#define ENCODING(NAME, bytes, is_signed) WIDTH_##NAME = (bytes),
#include "abi/encodings.def"
};

#define AT(member, off)         _Static_assert(offsetof(T, member) == (off), #member);
#define WIDE(member, off, size) AT(member, off) _Static_assert(sizeof(((T *)0)->member) == (size), #member);

#define M(field, off, K, E)                     WIDE(field, off, WIDTH_##E)
#define MN(field, member, off, K, E)            AT(member, off)
#define MS(field, off, K, E, S)                 WIDE(field, off, WIDTH_##E)
#define MD(DIR, field, off, K, E)               WIDE(field, off, WIDTH_##E)
#define MDS(DIR, field, off, K, E, S)           WIDE(field, off, WIDTH_##E)
#define MND(DIR, field, member, off, K, E)      WIDE(member, off, WIDTH_##E)
#define MA(field, off, K, E, c)                 WIDE(field, off, WIDTH_##E *(c))
#define MI(field, off, id)                      AT(field, off)
#define MDI(DIR, field, off, id)                AT(field, off)
#define MB(field, off, K, bytes)                WIDE(field, off, bytes)
#define MBND(DIR, field, member, off, K, bytes) WIDE(member, off, bytes)
#define MNS(field, member, off, K, E, S)        WIDE(member, off, WIDTH_##E)
#define MR(field, off, K)                       AT(field, off)
#define MRD(DIR, field, off, K)                 AT(field, off)
#define MT(field, off, id)
#define MP(DIR, field, member, off, t, ...) WIDE(member, off, 8)
#define MPB(DIR, field, member, off, K, ...) WIDE(member, off, 8)

#define STRUCT_TAIL STRUCT
#define STRUCT(id, ctype, bytes, ...)                         \
	__attribute__((unused)) static void check_##id(void)  \
	{                                                     \
		typedef ctype T;                              \
		_Static_assert(sizeof(T) == (bytes), #ctype); \
		__VA_ARGS__                                   \
	}
#include "abi/structs.def"
