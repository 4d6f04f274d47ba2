import { distance } from 'fastest-levenshtein';

/** The known word that a mistyped one most likely meant, or undefined when none is close enough to suggest. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  const lower = word.toLowerCase();
  let best: string | undefined;
  let bestDistance = Number.POSITIVE_INFINITY;
  for (const candidate of known) {
    const candidateDistance = distance(lower, candidate.toLowerCase());
    if (candidateDistance < bestDistance) {
      best = candidate;
      bestDistance = candidateDistance;
    }
  }
  // Two of five letters may be wrong, since a swap counts twice: `vualt` finds `vault`, `foo` does not find `gcs`.
  const limit = Math.max(1, Math.floor(Math.max(lower.length, best?.length ?? 0) * 0.4));
  return bestDistance <= limit ? best : undefined;
}
