# An app that was not running, or a daemon that was not up when it was asked, has no stop to wait for: ask again.
app_state stopped && return 0
code=$?
[ "$code" != 1 ] || machine replicatedctl app stop >/dev/null 2>&1 || :
return "$code"
