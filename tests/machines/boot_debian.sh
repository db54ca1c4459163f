# shellcheck shell=sh
# Boots the Debian below ROOT as process 1 of its own namespaces: what the kernel shares with the machine (its
# settings, devices, clock and audit) can't be changed from inside.
#   sh boot_debian.sh LOWER FOLDER
set -e
lower=$1
folder=$2
root=$folder/root
mount --make-rprivate /
mount -t tmpfs -o mode=0700 tmpfs "$folder/layer"
mkdir "$folder/layer/upper" "$folder/layer/work"
mount -t overlay -o "lowerdir=$lower,upperdir=$folder/layer/upper,workdir=$folder/layer/work" overlay "$root"
mount -t proc proc "$root/proc"
mount --bind "$root/proc/sys" "$root/proc/sys"
mount -o remount,bind,ro "$root/proc/sys"
if [ -e "$root/proc/sysrq-trigger" ]; then
    mount --bind "$root/proc/sysrq-trigger" "$root/proc/sysrq-trigger"
    mount -o remount,bind,ro "$root/proc/sysrq-trigger"
fi
# What is of this network alone may be changed, and an engine finds room where it keeps its data.
mount --bind "$root/proc/sys/net" "$root/proc/sys/net"
mount -o remount,bind,rw "$root/proc/sys/net"
mkdir -p "$root/var/lib/docker" "$root/var/lib/containerd"
for place in docker containerd; do mount -t tmpfs -o mode=0711 tmpfs "$root/var/lib/$place"; done
mount -t sysfs -o ro sysfs "$root/sys"
mount -t cgroup2 none "$root/sys/fs/cgroup"
mount -t tmpfs -o mode=0755 tmpfs "$root/dev"
for device in null zero full random urandom tty; do
    : >"$root/dev/$device"
    mount --bind "/dev/$device" "$root/dev/$device"
done
mkdir "$root/dev/pts" "$root/dev/shm"
mount -t devpts -o newinstance,ptmxmode=0666 devpts "$root/dev/pts"
ln -s pts/ptmx "$root/dev/ptmx"
ln -s /proc/self/fd "$root/dev/fd"
mount -t tmpfs -o mode=0755 tmpfs "$root/run"
mount -t tmpfs -o mode=1777 tmpfs "$root/tmp"
ip link set lo up
hostname debian-host
cd "$root"
mkdir -p .machine
pivot_root . .machine
umount -l /.machine
rmdir /.machine
exec env -i container=dockworthy-test PATH=/usr/sbin:/usr/bin:/sbin:/bin /lib/systemd/systemd >/run/boot.log 2>&1
