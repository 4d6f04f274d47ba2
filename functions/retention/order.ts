const digitBits = 13;
const digitValues = 1 << digitBits;
const digitMask = digitValues - 1;
/** Ages are split here: two digits in the low word, the rest of a 53-bit integer in the high one. */
const lowBits = 2 * digitBits;
const lowValues = 2 ** lowBits;

/**
 * The indexes of `times` (epoch milliseconds), newest first. Equal times are put in the order of `newerFirst`,
 * a comparison of two indexes, and where that says 0 in the order given: the answer depends on nothing else.
 */
export function newestFirst(
  times: Float64Array,
  newerFirst: (a: number, b: number) => number = () => 0,
): Uint32Array {
  let newest = Number.NEGATIVE_INFINITY;
  let oldest = Number.POSITIVE_INFINITY;
  let before = Number.NaN;
  let falling = true;
  let rising = true;
  let whole = true;
  for (let index = 0; index < times.length; index += 1) {
    const time = times[index] ?? 0;
    if (!Number.isFinite(time)) throw new RangeError(`${time} is not a time`);
    if (time > newest) newest = time;
    if (time < oldest) oldest = time;
    if (time > before) falling = false;
    else if (time < before) rising = false;
    if (whole && !Number.isSafeInteger(time)) whole = false;
    before = time;
  }
  let order: Uint32Array;
  if (falling) order = positions(times.length);
  else if (rising) order = positions(times.length).reverse();
  else if (whole && Number.isSafeInteger(newest - oldest)) order = radixOrder(times, newest, oldest);
  else order = positions(times.length).sort((a, b) => (times[b] ?? 0) - (times[a] ?? 0));
  settleTies(times, order, newerFirst);
  return order;
}

/**
 * Least significant digit first over the ages (newest - time), which are whole numbers. A comparison sort that
 * carries indexes along costs several times as much as sorting bare numbers; this costs less.
 */
function radixOrder(times: Float64Array, newest: number, oldest: number): Uint32Array {
  const count = times.length;
  const low = new Uint32Array(count);
  const high = new Uint32Array(count);
  for (let index = 0; index < count; index += 1) {
    const age = newest - (times[index] ?? 0);
    const upper = Math.floor(age / lowValues);
    low[index] = age - upper * lowValues;
    high[index] = upper;
  }
  let order = positions(times.length);
  let target = new Uint32Array(count);
  const starts = new Uint32Array(digitValues);
  for (let bit = 0; newest - oldest >= 2 ** bit; bit += digitBits) {
    const word = bit < lowBits ? low : high;
    const shift = bit < lowBits ? bit : bit - lowBits;
    starts.fill(0);
    for (let index = 0; index < count; index += 1) {
      const digit = ((word[index] ?? 0) >>> shift) & digitMask;
      starts[digit] = (starts[digit] ?? 0) + 1;
    }
    let start = 0;
    for (let digit = 0; digit < digitValues; digit += 1) {
      const size = starts[digit] ?? 0;
      starts[digit] = start;
      start += size;
    }
    for (let from = 0; from < count; from += 1) {
      const index = order[from] ?? 0;
      const digit = ((word[index] ?? 0) >>> shift) & digitMask;
      const place = starts[digit] ?? 0;
      starts[digit] = place + 1;
      target[place] = index;
    }
    [order, target] = [target, order];
  }
  return order;
}

/** 0, 1, 2 ... */
function positions(count: number): Uint32Array<ArrayBuffer> {
  const order = new Uint32Array(count);
  for (let index = 0; index < count; index += 1) order[index] = index;
  return order;
}

/** Puts every run of equal times in its order. Runs are mostly of one or two, which a call to `sort` would dwarf. */
function settleTies(
  times: Float64Array,
  order: Uint32Array,
  newerFirst: (a: number, b: number) => number,
): void {
  const compare = (a: number, b: number) => newerFirst(a, b) || a - b;
  let start = 0;
  let settled = true;
  for (let place = 1; place <= order.length; place += 1) {
    const before = order[place - 1] ?? 0;
    const here = order[place] ?? 0;
    if (place < order.length && times[here] === times[before]) {
      if (settled && compare(before, here) > 0) settled = false;
      continue;
    }
    if (!settled) {
      const run = order.subarray(start, place);
      if (run.length > 16) run.sort(compare);
      else insertionSort(run, compare);
      settled = true;
    }
    start = place;
  }
}

function insertionSort(run: Uint32Array, compare: (a: number, b: number) => number): void {
  for (let end = 1; end < run.length; end += 1) {
    const moving = run[end] ?? 0;
    let place = end;
    for (; place > 0 && compare(run[place - 1] ?? 0, moving) > 0; place -= 1)
      run[place] = run[place - 1] ?? 0;
    run[place] = moving;
  }
}
