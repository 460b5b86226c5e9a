# A Debian kernel in QEMU, for tests; sourced behind lib.sh.  The guest's root is this machine's, read-only over 9p with a tmpfs
# above it; $share is one folder of both.  What is downloaded and unpacked is kept in the build folder.
#
#     guest_ready             or the test ends skipped, with the reason
#     guest_run SCRIPT        the shell script (a file in $share) runs there as root; its output is in $share/console; its status
#     guest_kernel            the release of the guest's kernel

guest_cache=$top_builddir/tests/e2e/guest
share=$scratch/share
GUEST_MODULES="virtio virtio_ring virtio_pci_legacy_dev virtio_pci_modern_dev virtio_pci fscache netfs 9pnet 9pnet_virtio 9p overlay"

guest_none() {
	echo "SKIP: $1"
	exit 77
}

guest_kernel() { cat "$guest_cache/release"; }

# The package that linux-image-amd64 depends on, unpacked, not installed.
guest_fetch() {
	local package
	package=$(apt-cache depends linux-image-amd64 2>/dev/null | sed -n 's/^ *Depends: *\(linux-image-.*\)/\1/p' | head -n 1)
	[ -n "$package" ] || guest_none "apt on this machine knows no kernel of Debian"
	(cd "$1" && timeout 240 apt-get download "$package") >"$log" 2>&1 ||
		guest_none "$package cannot be downloaded: $(tail -n 1 "$log")"
	dpkg-deb -x "$1"/*.deb "$1/tree" && rm -f "$1"/*.deb
}

# PVH boots the kernel itself; unpacking it is slow where every instruction is emulated.
guest_unpack() { # vmlinuz vmlinux
	local at
	at=$(LC_ALL=C grep -abo -m 1 $'\xfd7zXZ' "$1" | head -n 1 | cut -d: -f1)
	[ -n "$at" ] || return 1
	tail -c +$((at + 1)) "$1" | xz -dc --single-stream >"$2" 2>/dev/null
	[ -s "$2" ]
}

guest_initrd() { # tree initrd
	local root=$scratch/initrd name module
	mkdir -p "$root/bin" "$root/modules" "$root/new" "$root/lower" "$root/upper" "$root/proc" "$root/sys" "$root/dev"
	cp "$(command -v busybox)" "$root/bin/busybox"
	for name in $GUEST_MODULES; do
		module=$(find "$1/lib/modules" -name "$name.ko" | head -n 1)
		[ -z "$module" ] || cp "$module" "$root/modules"
	done
	cat >"$root/init" <<'END'
#!/bin/busybox sh
PATH=/bin
/bin/busybox --install -s /bin
mount -t proc proc /proc
mount -t devtmpfs dev /dev
# whatever the order is in which they need each other
for round in 1 2 3 4 5; do
	for module in /modules/*; do insmod $module 2>/dev/null; done
done
opts=trans=virtio,version=9p2000.L,msize=262144
mount -t 9p -o ro,cache=loose,$opts root /lower || echo "no root"
mount -t tmpfs upper /upper
mkdir /upper/above /upper/work
mount -t overlay -o lowerdir=/lower,upperdir=/upper/above,workdir=/upper/work overlay /new || echo "no overlay"
mount --move /proc /new/proc
mount --move /dev /new/dev
mkdir -p /new/dev/pts /new/dev/shm
mount -t devpts pts /new/dev/pts
mount -t sysfs sys /new/sys
mount -t tmpfs tmp /new/tmp
mount -t tmpfs run /new/run
chmod 1777 /new/tmp
where=$(sed 's/.* share=\([^ ]*\).*/\1/' /new/proc/cmdline)
mkdir -p /new$where
chown $(sed 's/.* owner=\([^ ]*\).*/\1/' /new/proc/cmdline) /new${where%/*}
mount -t 9p -o cache=none,$opts share /new$where || echo "no share"
ifconfig lo 127.0.0.1 up
chroot /new /bin/sh -c "exec setsid -w $(echo $(cat /new$where/privileges)) /bin/sh $where/script >$where/console 2>&1 </dev/null"
echo $? >/new$where/status
sync
poweroff -f
END
	chmod 755 "$root/init"
	(cd "$root" && find . | busybox cpio -o -H newc 2>/dev/null) | gzip -1 >"$2"
}

guest_ready() {
	local tool
	for tool in qemu-system-x86_64 busybox xz apt-get dpkg-deb prlimit setpriv; do
		command -v $tool >/dev/null || guest_none "there is no $tool here"
	done
	if [ ! -e "$guest_cache/initrd" ]; then
		rm -rf "$guest_cache.part"
		mkdir -p "$guest_cache.part/tree"
		guest_fetch "$guest_cache.part"
		guest_unpack "$guest_cache.part"/tree/boot/vmlinuz-* "$guest_cache.part/kernel" ||
			cp "$guest_cache.part"/tree/boot/vmlinuz-* "$guest_cache.part/kernel"
		guest_initrd "$guest_cache.part/tree" "$guest_cache.part/initrd"
		(cd "$guest_cache.part/tree/boot" && echo vmlinuz-*) | sed 's/^vmlinuz-//' >"$guest_cache.part/release"
		rm -rf "$guest_cache.part/tree" "$guest_cache"
		mv "$guest_cache.part" "$guest_cache"
	fi
	[ "$(guest_kernel)" != "$(uname -r)" ] || guest_none "the kernel that Debian has is the one that runs here"
	mkdir -p "$share"
}

# What root may not do here it may not do there, and has no more of anything: a command line before another one.
guest_privileges() {
	local bounds cap drop= groups resource soft hard
	echo prlimit
	prlimit --raw --noheadings -o RESOURCE,SOFT,HARD | while read -r resource soft hard; do
		echo "--${resource,,}=$soft:$hard"
	done
	bounds=$(sed -n 's/^CapBnd:\t*//p' /proc/self/status)
	for cap in $(seq 0 40); do
		[ $((0x$bounds >> cap & 1)) -eq 1 ] || drop=$drop,-cap_$cap
	done
	[ -z "$drop" ] || echo "setpriv --bounding-set ${drop#,}"
	groups=$(sed -n 's/^Groups:[ \t]*//p' /proc/self/status | tr -s ' ' , | sed 's/,$//')
	[ "$(id -u)" -eq 0 ] ||
		echo "setpriv --reuid $(id -ru) --regid $(id -rg) $([ -n "$groups" ] && echo "--groups $groups" || echo --clear-groups)"
}

guest_run() {
	[ "$1" = "$share/script" ] || cp "$1" "$share/script"
	rm -f "$share/status" "$share/console"
	guest_privileges >"$share/privileges"
	timeout "${GUEST_SECONDS:-300}" qemu-system-x86_64 -M q35,accel=tcg -cpu max -m 1024 -nographic -no-reboot -nic none -net none \
		-kernel "$guest_cache/kernel" -initrd "$guest_cache/initrd" \
		-append "console=ttyS0 quiet panic=-1 tsc=reliable owner=$(id -u):$(id -g) share=$share" \
		-fsdev local,id=root,path=/,security_model=none,readonly=on,multidevs=remap \
		-device virtio-9p-pci,fsdev=root,mount_tag=root \
		-fsdev local,id=share,path="$share",security_model=none,multidevs=remap \
		-device virtio-9p-pci,fsdev=share,mount_tag=share >"$scratch/serial" 2>&1 </dev/null
	[ -s "$share/status" ] || return 99
	return "$(cat "$share/status")"
}
