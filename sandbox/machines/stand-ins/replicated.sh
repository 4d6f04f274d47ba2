# shellcheck shell=sh
# CircleCI server on Replicated, as far as a restore can get it wrong: the daemon does not start with an address that
# the machine does not have, the operator does not connect with one, and the application stays unhealthy with
# the cluster state of another address or with two service names. Needs lib.sh.

app_start_ms=45000
app_stop_ms=15000
health_ports='80/health-check 443/health-check 8082/status 9999/healthcheck 8090/status 3013/status 3011/status
3014/status 4261/status 3001/status'

# The last assignment of a key in shell assignments on standard input, without quotes.
assigned() {
  awk -v key="$1" '
    { sub(/\r$/, ""); sub(/^[ \t]*(export[ \t]+)?/, "") }
    index($0, key "=") == 1 { value = substr($0, length(key) + 2) }
    END { gsub(/^["\047]|["\047]$/, "", value); print value }'
}
# The value of `-e KEY=VALUE` in the options on standard input.
option() {
  awk -v key="$1" '{ for (i = 1; i <= NF; i++) if (index($i, key "=") == 1) print substr($i, length(key) + 2) }' |
    head -n 1
}
bare_host() { sed -e 's/^\[\(.*\)\].*$/\1/' -e 's/:[0-9]*$//'; }

running_with() { assigned "$2" 2>/dev/null <"$state/active/$1.service"; }

daemon_reachable() { [ -f "$state/active/replicated.service" ]; }

operator_connected() {
  [ -f "$state/active/replicated-operator.service" ] && daemon_reachable || return 1
  own=$(fact private_ip)
  [ "$(running_with replicated-operator DAEMON_ENDPOINT | bare_host)" = "$own" ] || return 1
  [ "$(running_with replicated-operator PRIVATE_ADDRESS)" = "$own" ] || return 1
  # Absent in the files of old bootstrap scripts.
  daemon_host=$(running_with replicated-operator DAEMON_HOST)
  [ -z "$daemon_host" ] || [ "$daemon_host" = "$own" ] || return 1
  public=$(running_with replicated-operator REPLICATED_OPERATOR_OPTS | option PUBLIC_ADDRESS)
  if [ -n "$public" ] && [ -n "$(fact public_ip)" ] && [ "$public" != "$(fact public_ip)" ]; then return 1; fi
  token=$(running_with replicated REPLICATED_OPTS | option DAEMON_TOKEN)
  [ -z "$token" ] || [ "$token" = "$(running_with replicated-operator DAEMON_TOKEN)" ]
}

# Kept on the disk, so that an image brings it along.
desired_state() { inside /var/lib/replicated/desired-state && cat "$resolved" 2>/dev/null || echo started; }
setting() {
  if inside /var/lib/replicated/app-config && [ -f "$resolved" ]; then
    value=$(assigned "$1" <"$resolved")
    if [ -n "$value" ]; then
      echo "$value"
      return
    fi
  fi
  # The file that the installation was made with.
  inside /root/settings.conf && [ -f "$resolved" ] || return 0
  sed -n "s/.*\"$1\": *{ *\"value\": *\"\([^\"]*\)\".*/\1/p" "$resolved"
}

app_enter() {
  echo "$1" >"$state/app/state"
  now >"$state/app/since"
}

# What the application is started with stays what it runs with, until it is started again.
app_begin() {
  app_enter starting
  setting hostname >"$state/app/hostname"
  : >"$state/app/url"
  if inside /etc/circle-installation-customizations && [ -f "$resolved" ]; then
    assigned CIRCLE_URL <"$resolved" | sed -e 's|^[a-z]*://||' -e 's|[:/].*$||' >"$state/app/url"
  fi
  rm -f "$state/app/stale"
  inside /opt/nomad
  if [ ! -d "$resolved" ]; then
    echo "[\"$(fact private_ip):4647\"]" | replace /opt/nomad/server/raft/peers.json
  elif inside /opt/nomad/server/raft/peers.json && [ -f "$resolved" ] &&
    ! grep -qF "\"$(fact private_ip):" "$resolved"; then
    : >"$state/app/stale"
  fi
}

# Prints started, starting, stopped or stopping, as of now.
app_state() {
  current=$(first_line "$state/app/state")
  since=$(first_line "$state/app/since")
  age=$(($(now) - ${since:-0}))
  case $current in
    starting) if [ "$age" -ge "$app_start_ms" ] && operator_connected; then current=started; fi ;;
    stopping) if [ "$age" -ge "$app_stop_ms" ]; then current=stopped; fi ;;
  esac
  echo "${current:-stopped}" >"$state/app/state"
  echo "${current:-stopped}"
}

app_healthy() {
  [ ! -f "$state/app/stale" ] || return 1
  [ ! -s "$state/app/url" ] || [ "$(cat "$state/app/url")" = "$(cat "$state/app/hostname")" ]
}

# "If the IP changes [...] Replicated will be unable to start" (How to change Private IP Address on a Host).
replicated_unit_started() {
  [ "$1" = replicated.service ] || return 0
  if [ "$(running_with replicated PRIVATE_ADDRESS)" != "$(fact private_ip)" ]; then
    rm -f "$state/active/$1"
    : >"$state/failed/$1"
    record_unit failed "$1" "PRIVATE_ADDRESS is not an address of this machine"
    return 0
  fi
  if [ "$(desired_state)" = started ] && [ "$(app_state)" = stopped ]; then app_begin; fi
}
