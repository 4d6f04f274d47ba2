#!/bin/sh
# Runs $2/script inside of the tree $1, and nowhere else. Called in new user, mount, PID, network, IPC and UTS namespaces.
#
# chroot alone can be left by a process that may call chroot itself, so the tree also becomes the topmost mount of `/`:
# whoever climbs out of it arrives at it again. The capabilities that could take the mount away (CAP_SYS_ADMIN) or make
# device nodes are gone before the first byte of the script is read, for good: neither becoming root nor executing a
# file brings them back. There is no /proc and no /sys, whose files know the host's root by its number.
# -n: the host's own list of mounts is none of a namespace's business.
set -eu
tree=$1
run=$2
setpriv=$(command -v setpriv)
chroot=$(command -v chroot)
mount -n --bind "$tree" "$tree"
mount -n -o remount,bind,nodev,nosuid "$tree"
cd "$tree"
for folder in run dev; do
  if [ ! -d "$folder" ] || [ -L "$folder" ]; then mkdir "$folder"; fi
  mount -n -t tmpfs -o nodev,nosuid,size=16m,mode=755 tmpfs "$folder"
done
# Of the devices, those that keep nothing and tell nothing.
for device in null zero full random urandom; do
  : >"dev/$device"
  mount -n --bind "/dev/$device" "dev/$device"
done
mkdir run/sandbox
mount -n --bind "$run" run/sandbox
mount -n -o remount,bind,nodev,nosuid run/sandbox
mount -n --bind "$3" run/sandbox/bin
mount -n -o remount,bind,ro,nodev,nosuid run/sandbox/bin
mount -n --move . /
umask 022
# In blocks of 512 bytes: 256 MiB for a file.
ulimit -f 524288
PATH=/run/sandbox/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
export PATH
unset OLDPWD
caps=-all,+chown,+dac_override,+fowner,+fsetid,+kill,+sys_chroot
exec "$setpriv" --no-new-privs --securebits=+noroot,+noroot_locked,+no_setuid_fixup,+no_setuid_fixup_locked \
  --inh-caps="$caps" --ambient-caps="$caps" --bounding-set="$caps" \
  "$chroot" . /bin/sh -c '/bin/sh /run/sandbox/script; exit $?'
