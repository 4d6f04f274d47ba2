/** A small seeded generator: reproducible, not for secrets. */
export interface Random {
  /** 0 <= x < 1 */
  next(): number;
  /** 0 <= n < limit */
  integer(limit: number): number;
  /** Lower-case hexadecimal digits. */
  hex(digits: number): string;
}

/** Mulberry32: 32 bits of state, good enough to spread identifiers and faults. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const integer = (limit: number): number => Math.floor(next() * limit);
  return {
    next,
    integer,
    hex: (digits) => Array.from({ length: digits }, () => integer(16).toString(16)).join(''),
  };
}
