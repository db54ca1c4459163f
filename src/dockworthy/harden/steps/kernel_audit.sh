# shellcheck shell=sh
# Prints `guest` where the kernel's audit is not this host's own to set, else whether it is on (`enabled 2`: locked).
# CAP_AUDIT_CONTROL is bit 30, and the kernel listens to its first pid namespace only (audit_netlink_ok in kernel/audit.c).
first_namespace='pid:[4026531836]'
bounding=$(sed -n 's/^CapBnd:[[:space:]]*//p' /proc/self/status)
if command -v auditctl >/dev/null; then
    auditctl -s 2>/dev/null | grep '^enabled ' || echo guest
elif [ $((0x$bounding >> 30 & 1)) = 0 ] || [ "$(readlink /proc/self/ns/pid)" != "$first_namespace" ]; then
    echo guest
fi
