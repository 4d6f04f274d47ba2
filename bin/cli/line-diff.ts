/** Lines that differ between two texts, `-` before those that went and `+` before those that came. */
export function lineDiff(before: string, after: string): readonly string[] {
  const old = before.split('\n');
  const next = after.split('\n');
  // A rewrite keeps lines in their places; where it does not, all that is on one side only is shown.
  if (old.length === next.length) {
    return old.flatMap((line, index) => (line === next[index] ? [] : [`- ${line}`, `+ ${next[index]}`]));
  }
  return [
    ...old.filter((line) => !next.includes(line)).map((line) => `- ${line}`),
    ...next.filter((line) => !old.includes(line)).map((line) => `+ ${line}`),
  ];
}
