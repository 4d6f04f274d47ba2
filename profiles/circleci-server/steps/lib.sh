# 0 when the app is in the state $1 and stays there, 1 when it is on its way or the daemon does not answer yet, 2 when it
# reports an error. The answer is JSON of one app; `app status inspect` is the older form (Replicated, "replicatedctl app
# status"). Its text is compared, never printed: an error message may quote configuration.
app_state() {
  answer=$(machine replicatedctl app status 2>/dev/null || machine replicatedctl app status inspect 2>/dev/null) ||
    return 1
  printf '%s' "$answer" | wanted=$1 awk '
    { text = text $0 }
    END {
      gsub(/[ \t\r\n]/, "", text)
      if (index(text, "\"Error\":\"") && !index(text, "\"Error\":\"\"")) { print "the app reports an error"; exit 2 }
      state = "\"State\":\"" ENVIRON["wanted"] "\""
      desired = "\"DesiredState\":\"" ENVIRON["wanted"] "\""
      if (index(text, state) && index(text, desired) && !index(text, "\"IsTransitioning\":true")) exit 0
      exit 1
    }'
}
