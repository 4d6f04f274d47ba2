# Puts every original back, takes away what the rewrite made, and keeps what stood there under $state/replaced. Begun
# again after a crash it goes on with what is left; begun again after its end it repeats its summary.

undo_main() {
  require_restore_id
  open_state known
  if [ -f "$state/values" ]; then
    # From here on the rewrite is no longer complete.
    rm -f "$state/done"
    incomplete=0
    put_back ''
    take_away ''
    remove_cloud_folder
    if [ -f "$state/machine-name" ] && resolve /etc/hostname; then tell_machine_name; fi
    [ ! -f "$state/undone" ] || sort -u "$state/undone" >>"$work/report"
    finish undo
    rm -rf "$state/original" "$state/created" "$state/remark" "$state/host-keys-begun" "$state/host-keys-done" "$state/undone" \
      "$state/machine-name" "$state/created-cloud-folder"
    # The last to go: what is there says that there is something to undo.
    rm -f "$state/values"
  fi
  cat "$state/undo-summary"
}

# Walks $state/original, in which $1 is a folder.
put_back() {
  set +f
  for kept in "$state/original$1"/* "$state/original$1"/.[!.]* "$state/original$1"/..?*; do
    set -f
    if [ -d "$kept" ]; then
      put_back "$1/${kept##*/}"
    elif [ -f "$kept" ]; then
      restore_file "$1/${kept##*/}" "$kept"
    fi
  done
  set -f
}

# Puts the original $2 of the path $1 back.
restore_file() {
  if [ -d "$root$1" ] && [ ! -L "$root$1" ]; then
    refuse_file directory "$1"
    return 0
  fi
  if [ -f "$root$1" ] && [ ! -L "$root$1" ]; then
    cmp -s "$root$1" "$2" || keep_replaced "$1"
  fi
  # A link that somebody put there meanwhile is replaced, never followed.
  if replace "$root$1" "$2" "$2"; then
    note_undone restored "$1" && rm -f "$2"
  else
    refuse_file "$reason" "$1"
  fi
}

# Walks $state/created, in which $1 is a folder.
take_away() {
  set +f
  for mark in "$state/created$1"/* "$state/created$1"/.[!.]* "$state/created$1"/..?*; do
    set -f
    if [ -d "$mark" ]; then
      take_away "$1/${mark##*/}"
    elif [ -f "$mark" ]; then
      remove_created "$1/${mark##*/}" "$mark"
    fi
  done
  set -f
}

remove_created() {
  if [ -f "$root$1" ] && [ ! -L "$root$1" ]; then keep_replaced "$1"; fi
  if rm -f "$root$1"; then
    note_undone removed "$1" && rm -f "$2"
  else
    refuse_file not-removable "$1"
  fi
}

remove_cloud_folder() {
  [ -f "$state/created-cloud-folder" ] || return 0
  resolve /etc/cloud/cloud.cfg.d || return 0
  rmdir "$root$real" 2>/dev/null || :
}

keep_replaced() {
  { mkdir -p "$state/replaced${1%/*}" && rm -f "$state/replaced$1" && copy_whole "$root$1" "$state/replaced$1"; } ||
    stop 73 'what the rewrite made cannot be kept.'
}

# What is done stays in a list of its own, since a crash takes the working folder away.
note_undone() {
  report_line "$1" 0 '' "$2" >>"$state/undone" || stop 73 'the report cannot be written.'
}

refuse_file() {
  report refused 0 "$1" "$2"
  incomplete=1
}
