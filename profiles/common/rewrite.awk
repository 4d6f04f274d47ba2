# Replaces old addresses and names in the lines of one file: stdin to stdout, the count to the file COUNT_FILE.
# Everything comes through ENVIRON, is compared as a string and is never a pattern. No regular expression uses an
# interval or a character class, and nothing is formatted: mawk of the years before 2010 has neither in full.
# SSM_AddressMap is `old=new,old=new`, SSM_GoneAddresses and SSM_OwnAddresses are lists with commas.
BEGIN {
  ORS = ""
  format = ENVIRON["RULE_FORMAT"]
  sign = ENVIRON["RULE_COMMENT"]
  window = 8192
  total = 0
  read_map(ENVIRON["SSM_AddressMap"])
  read_set(ENVIRON["SSM_GoneAddresses"], ",", gone)
  read_set(ENVIRON["SSM_OwnAddresses"], ",", own)
  chosen = read_set(ENVIRON["RULE_KEYS"], " ", keys)
  read_set(ENVIRON["RULE_NEVER_KEYS"], " ", never)
  read_set(ENVIRON["RULE_DROP_OPTIONS"], " ", drop)
  quote = ""
  continued = 0
}

{
  if (NR > 1) print "\n"
  if (format == "hosts") hosts_line($0)
  else if (format == "shell-assignment") shell_line($0)
  else plain_line($0)
}

END {
  if (NR > 0 && ENVIRON["LAST_NEWLINE"] == "1") print "\n"
  print total "\n" > ENVIRON["COUNT_FILE"]
}

# ---- values

function read_set(text, separator, set,   parts, n, i, filled) {
  n = split(text, parts, separator)
  filled = 0
  for (i = 1; i <= n; i++) if (parts[i] != "") { set[tolower_address(parts[i])] = 1; filled++ }
  return filled
}

# Keys keep their case, addresses and names do not.
function tolower_address(text) {
  return text ~ /[.:]/ ? tolower(text) : text ""
}

# Longest first, so that at one place the longest name wins.
function read_map(text,   parts, n, i, j, at, from, to) {
  n = split(text, parts, ",")
  olds = 0
  longest = 0
  for (i = 1; i <= n; i++) {
    at = index(parts[i], "=")
    from = tolower(substr(parts[i], 1, at - 1))
    to = substr(parts[i], at + 1)
    mapped[from] = 1
    if (from == tolower(to)) continue
    for (j = olds; j > 0 && length(old[j]) < length(from); j--) { old[j + 1] = old[j]; new[j + 1] = new[j] }
    old[j + 1] = from
    new[j + 1] = to
    olds++
    if (length(from) > longest) longest = length(from)
  }
  for (i = 1; i <= olds; i++) kind[i] = kind_of(old[i])
}

function kind_of(text) {
  if (text ~ /:/) return "ipv6"
  if (text ~ /^[0-9]+\.[0-9]+\.[0-9]+\.[0-9]+$/) return "ipv4"
  if (text ~ /^(ip|ec2)-[0-9]+-[0-9]+-[0-9]+-[0-9]+$/) return "label"
  return "name"
}

# ---- one pass over a part of a line

# Prints the characters from..to of a line with every old token replaced. What stands around the part still counts as
# the neighbourhood of a token. Works through windows, since a line may be as long as the file.
function scan(line, from, to,   start, base, text, low, p, last, done, i, best, size) {
  start = from
  while (start <= to) {
    base = start > 1 ? start - 1 : 1
    last = to - start + 1 < window ? to - start + 1 : window
    text = substr(line, base, last + longest + 3)
    low = tolower(text)
    p = start - base + 1
    done = p
    last = p + last - 1
    for (i = 1; i <= olds; i++) place[i] = index(low, old[i])
    while (p <= last) {
      best = 0
      for (i = 1; i <= olds; i++) {
        if (place[i] > 0 && place[i] < p) place[i] = next_place(low, old[i], p)
        if (place[i] > 0 && (best == 0 || place[i] < place[best])) best = i
      }
      if (best == 0 || place[best] > last) break
      p = place[best]
      size = length(old[best])
      if (base + p + size - 2 <= to && whole(text, p, size, kind[best])) {
        print substr(text, done, p - done)
        print new[best]
        total++
        p += size
        done = p
      } else place[best] = next_place(low, old[best], p + 1)
    }
    if (done <= last) {
      print substr(text, done, last - done + 1)
      done = last + 1
    }
    start = base + done - 1
  }
}

function next_place(text, wanted, from,   at) {
  at = index(substr(text, from), wanted)
  return at ? from + at - 1 : 0
}

# Whether the token at p is one of its own and no part of a longer one.
function whole(text, p, size, what,   before, after) {
  before = p > 1 ? substr(text, p - 1, 1) : ""
  after = substr(text, p + size, 1)
  if (what == "ipv4") return before !~ /[0-9.]/ && after !~ /[0-9.]/
  if (what == "ipv6") return before !~ /[0-9A-Fa-f:.]/ && after !~ /[0-9A-Fa-f:.]/
  if (before ~ /[0-9A-Za-z_.-]/ || after ~ /[0-9A-Za-z_-]/) return 0
  # The same label names the same address in any domain; a longer name is another host.
  return what == "label" || after != "." || substr(text, p + size + 1, 1) !~ /[0-9A-Za-z_-]/
}

# Nothing to do is the usual case.
function holds_old(line,   low, i) {
  low = tolower(line)
  for (i = 1; i <= olds; i++) if (index(low, old[i])) return 1
  return 0
}

# ---- plain: every token of a line, up to its comment

function plain_line(line,   end) {
  if (!holds_old(line)) { print line; return }
  end = sign == "" ? length(line) : before_comment(line)
  scan(line, 1, end)
  print substr(line, end + 1)
}

# The last position before a comment: its sign opens the line, or stands after a blank and outside of quotes, counted by
# their parity.
function before_comment(line,   parts, n, i, end, singles, doubles, text) {
  if (substr(line, first_word(line), length(sign)) == sign) return 0
  n = split(line, parts, sign)
  end = 0
  singles = doubles = 0
  for (i = 1; i < n; i++) {
    text = parts[i]
    end += length(text)
    doubles += gsub(/"/, "", text)
    singles += gsub(/'/, "", text)
    if (parts[i] ~ /[ \t]$/ && doubles % 2 == 0 && singles % 2 == 0) return end
    end += length(sign)
  }
  return length(line)
}

function first_word(line) {
  return match(line, /[^ \t]/) ? RSTART : 1
}

# ---- hosts: lines of this machine only (own or mapped address, loopback), without their comments

function hosts_line(line,   end, start, address) {
  end = index(line, "#")
  end = end ? end - 1 : length(line)
  start = first_word(line)
  address = tolower(substr(line, start, end - start + 1))
  sub(/[ \t\r].*/, "", address)
  if (address in own || address in mapped || address ~ /^127\./ || address == "::1") scan(line, 1, end)
  else end = 0
  print substr(line, end + 1)
}

# ---- shell assignments: KEY=value, one a line, quotes and backslashes may carry a value over lines

function shell_line(line,   key, end) {
  if (!continued && quote == "") selected = select(line)
  end = lex(line)
  if (selected && (holds_old(line) || holds_drop(line))) shell_value(line, end)
  else end = 0
  print substr(line, end + 1)
}

function select(line,   key) {
  # A comment is no assignment; where comments may change, it is text like any other.
  if (line !~ /^[ \t]*(export[ \t]+)?[A-Za-z_][A-Za-z0-9_]*\+?=/) return chosen == 0
  key = line
  sub(/^[ \t]*(export[ \t]+)?/, "", key)
  sub(/\+?=.*/, "", key)
  if (key in never) return 0
  return chosen == 0 || key in keys
}

# Follows quotes through a line. Returns the last position before a comment, and leaves in `quote` and `continued`
# how the next line begins.
function lex(line,   end, p, chunk, i, c, before, escaped) {
  end = length(line)
  continued = 0
  if (line !~ /["'\\#]/) return end
  escaped = 0
  before = " "
  for (p = 1; p <= length(line); p += 4096) {
    chunk = substr(line, p, 4096)
    for (i = 1; i <= length(chunk); i++) {
      c = substr(chunk, i, 1)
      if (escaped) {
        escaped = 0
        # A carriage return belongs to the end of the line: the backslash before it joins the next one.
        if (c == "\r" && p + i - 1 == length(line)) escaped = 1
      }
      else if (quote == "'") { if (c == "'") quote = "" }
      else if (c == "\\") escaped = 1
      else if (quote == "\"") { if (c == "\"") quote = "" }
      else if (c == "'" || c == "\"") quote = c
      else if (c == "#" && before ~ /[ \t]/) return sign == "#" ? p + i - 2 : end
      before = c
    }
  }
  continued = escaped
  return end
}

function holds_drop(line,   name) {
  for (name in drop) if (index(line, name "=")) return 1
  return 0
}

# A value with words of its own: NAME=... of a key that is never touched stays, `-e NAME=<gone address>` goes.
function shell_value(line, end,   n, name, i, p) {
  cuts = 0
  for (name in never) find_words(line, end, name, 0)
  for (name in drop) find_words(line, end, name, 1)
  p = 1
  for (i = 1; i <= cuts; i++) {
    if (cut_from[i] < p) continue
    scan(line, p, cut_from[i] - 1)
    if (cut_drop[i]) total++
    else print substr(line, cut_from[i], cut_to[i] - cut_from[i] + 1)
    p = cut_to[i] + 1
  }
  scan(line, p, end)
}

# Collects the places of NAME=word in cut_from and cut_to, in the order of the line.
function find_words(line, end, name, dropping,   p, from, to, value, lead) {
  p = 1
  while ((from = next_place(line, name "=", p)) > 0 && from <= end) {
    p = from + length(name) + 1
    if (from > 1 && substr(line, from - 1, 1) ~ /[A-Za-z0-9_]/) continue
    to = word_end(line, p, end)
    if (dropping) {
      value = tolower(substr(line, p, to - p + 1))
      if (!(value in gone) || value in mapped) continue
      lead = substr(line, 1, from - 1)
      if (match(lead, /[ \t]+(-e|--env)[ \t=]+$/)) from = RSTART
      else if (match(lead, /["'](-e|--env)[ \t=]+$/)) from = RSTART + 1
      else continue
    }
    add_cut(from, to, dropping)
    p = to + 1
  }
}

function add_cut(from, to, dropping,   i) {
  for (i = cuts; i > 0 && cut_from[i] > from; i--) {
    cut_from[i + 1] = cut_from[i]
    cut_to[i + 1] = cut_to[i]
    cut_drop[i + 1] = cut_drop[i]
  }
  cut_from[i + 1] = from
  cut_to[i + 1] = to
  cut_drop[i + 1] = dropping
  cuts++
}

# Where a word ends: before a blank or a quote; a word in quotes, escaped ones included, ends with its quote.
function word_end(line, p, end,   text, c, at) {
  text = substr(line, p, end - p + 1)
  c = substr(text, 1, 1)
  if (c == "\\" && substr(text, 2, 1) ~ /["']/) c = substr(text, 1, 2)
  if (c ~ /^\\?["']$/) {
    at = index(substr(text, length(c) + 1), c)
    return at ? p + length(c) + at - 1 + length(c) - 1 : end
  }
  return match(text, /[ \t\r"']/) ? p + RSTART - 2 : end
}
