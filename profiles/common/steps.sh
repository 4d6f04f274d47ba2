# One step or check of a profile. Its script is the function step_run (0 done, else failed with that code), what it waits
# for the function step_until (0 reached, 1 not yet, else failed with that code).

read_step_values() {
  require_restore_id
  plain_name RestoreId "$SSM_RestoreId"
  : "${SSM_ServiceName=}" "${SSM_PrivateAddress=}" "${SSM_PublicAddress=}"
  host_name ServiceName "$SSM_ServiceName"
  address_list PrivateAddress "$SSM_PrivateAddress"
  address_list PublicAddress "$SSM_PublicAddress"
}

# $1 name, $2 time limit and $3 interval of the wait, in seconds. Counted, not measured: the agent kills what hangs.
run_step() {
  (step_run) || stop $? "the step $1 failed."
  left=$(($2 / $3 + 1))
  while :; do
    (step_until) && break
    code=$?
    [ "$code" = 1 ] || stop "$code" "the step $1 failed while it waited."
    left=$((left - 1))
    [ "$left" -gt 0 ] || stop 79 "the step $1 did not get there within $2 seconds."
    sleep "$3"
  done
  printf 'step %s done\n' "$1"
}

# Removes exactly this directory. A link in its place or on the way to it is refused: what it leads to is not meant.
remove_directory() {
  resolve "$1" || stop 64 "$1 cannot be reached ($reason)."
  [ "$real" = "$1" ] || stop 64 "$1 is a link or lies behind one; nothing was removed."
  if [ ! -e "$root$1" ]; then
    printf '%s was not there\n' "$1"
  elif [ -d "$root$1" ]; then
    rm -rf "$root$1" && printf '%s removed\n' "$1"
  else
    stop 64 "$1 is no directory; nothing was removed."
  fi
}

# 0 when a request of the machine to itself is answered with the status $2, 1 when not.
http_answers() {
  machine_has curl || stop 69 'curl is not available here.'
  status=$(machine curl -s -o /dev/null -w '%{http_code}' --max-time 10 "$1") || status=${status:-none}
  printf '%s answers %s\n' "$1" "$status"
  [ "$status" = "$2" ]
}
