# The machine's own name, cloud-init's opinion of it, and its SSH host keys. The files of the system that hold addresses
# (hosts, hostname, network) are rules like those of the application.

rewrite_system() {
  set_machine_name
  keep_name_over_boots
  [ "$SSM_SshHostKeys" != regenerate ] || regenerate_host_keys
}

# Gives the file $1 the content of $work/text, as a change that undo takes back; $2 is the remark of the report.
put_file() {
  if [ -f "$state/created$1" ] || [ ! -e "$root$1" ]; then
    mark_created "$1" || stop 73 'a mark cannot be kept.'
    if create "$root$1" "$work/text"; then report created 0 "$2" "$1"; else refuse_file "$reason" "$1"; fi
    return 0
  fi
  if [ ! -f "$state/original$1" ]; then
    cmp -s "$work/text" "$root$1" && return 0
    keep_original "$1" || stop 73 'an original cannot be kept.'
  fi
  if replace "$root$1" "$work/text" "$root$1"; then report changed 0 "$2" "$1"; else refuse_file "$reason" "$1"; fi
}

# The name asked for, else what the address map makes of the old one. The running system learns it at once.
set_machine_name() {
  if [ -n "$SSM_MachineName" ]; then
    [ -d "$root/etc" ] || return 0
    resolve /etc/hostname || return 0
    printf '%s\n' "$SSM_MachineName" >"$work/text"
    put_file "$real" machine-name
  else
    rule /etc/hostname plain '' '' '' '' ''
    resolve /etc/hostname || return 0
  fi
  [ -f "$state/original$real" ] || [ -f "$state/created$real" ] || return 0
  : >"$state/machine-name"
  tell_machine_name
}

# cloud-init's update_hostname and update_etc_hosts run at every boot and would bring back what they think right
# (cloud-init, "Update Hostname" and "Update Etc Hosts").
keep_name_over_boots() {
  resolve /etc/cloud || return 0
  [ -d "$root$real" ] || return 0
  folder=$real/cloud.cfg.d
  if [ ! -d "$root$folder" ]; then
    if [ -e "$root$folder" ] || [ -L "$root$folder" ]; then return 0; fi
    : >"$state/created-cloud-folder" || stop 73 'a mark cannot be kept.'
    (umask 022 && mkdir "$root$folder") || {
      refuse_file folder-not-writable "$folder"
      return 0
    }
  fi
  resolve "$folder/99-snapkeep-hostname.cfg" || return 0
  printf 'preserve_hostname: true\nmanage_etc_hosts: false\n' >"$work/text"
  put_file "$real" keeps-the-name-over-boots
}

# New host keys instead of those of the image, once.
regenerate_host_keys() {
  [ ! -f "$state/host-keys-done" ] || {
    report changed 0 host-keys-regenerated /etc/ssh
    return 0
  }
  resolve /etc/ssh || return 0
  [ -d "$root$real" ] || return 0
  keys=$real
  machine_has ssh-keygen || {
    report skipped 0 ssh-keygen-missing "$keys"
    return 0
  }
  # The originals are those of the first attempt; what a crash left behind may be new already.
  if [ ! -f "$state/host-keys-begun" ]; then
    each_host_key keep_original || stop 73 'an original cannot be kept.'
    : >"$state/host-keys-begun"
  fi
  each_host_key remove_host_key
  if [ -n "$root" ]; then
    machine ssh-keygen -A -f "$root" >/dev/null 2>&1
  else
    machine ssh-keygen -A >/dev/null 2>&1
  fi || {
    refuse_file ssh-keygen-failed "$keys"
    return 0
  }
  each_host_key mark_new_key || stop 73 'a mark cannot be kept.'
  : >"$state/host-keys-done"
  report changed 0 host-keys-regenerated "$keys"
  if machine_has systemctl; then
    machine systemctl try-restart ssh.service sshd.service >/dev/null 2>&1 || :
  fi
}

# Calls $1 with the path of every host key, private and public, in the folder $keys. Links are nobody's keys.
each_host_key() {
  set +f
  for key in "$root$keys"/ssh_host_*_key "$root$keys"/ssh_host_*_key.pub; do
    set -f
    if [ -f "$key" ] && [ ! -L "$key" ]; then "$1" "${key#"$root"}" || return 1; fi
  done
  set -f
}

remove_host_key() {
  rm -f "$root$1"
}

mark_new_key() {
  [ -f "$state/original$1" ] || mark_created "$1"
}
