import { type Random, seededRandom } from './random.ts';
import type { RequestContext } from './service.ts';

/** An error that the sandbox makes up, to show what the product does with it. */
export interface Fault {
  /** Signing name, `ec2`; any service when left out. */
  readonly service?: string | undefined;
  readonly action?: string | undefined;
  readonly code: string;
  readonly message?: string | undefined;
  /** HTTP status; when left out, the model's for this code, else 500. */
  readonly status?: number | undefined;
  /** Chance per matching request, 1 when left out. */
  readonly probability?: number | undefined;
  /** After so many it stops; it goes on for ever when left out. */
  readonly times?: number | undefined;
  /** Applies only to requests whose input, as JSON, contains this. */
  readonly match?: string | undefined;
  /** `after`: the handler has run and what it did stays done; only its answer is lost. `before` when left out. */
  readonly when?: 'before' | 'after' | undefined;
  /** Cuts the connection instead of answering. */
  readonly cut?: boolean | undefined;
}

interface Standing {
  readonly fault: Fault;
  applied: number;
}

export class Faults {
  #standing: Standing[] = [];
  readonly #random: Random;

  /** @param seed the same seed and the same requests meet the same faults */
  constructor(faults: Iterable<Fault> = [], seed = 1) {
    this.#random = seededRandom(seed);
    this.replace(faults);
  }

  add(fault: Fault): void {
    this.#standing.push({ fault, applied: 0 });
  }

  replace(faults: Iterable<Fault>): void {
    this.#standing = Array.from(faults, (fault) => ({ fault, applied: 0 }));
  }

  list(): (Fault & { readonly applied: number })[] {
    return this.#standing.map(({ fault, applied }) => ({ ...fault, applied }));
  }

  /** The first fault that strikes this request at this moment, counted as applied. */
  strike(when: 'before' | 'after', { service, action }: RequestContext, input: object): Fault | undefined {
    let json: string | undefined;
    for (const standing of this.#standing) {
      const { fault } = standing;
      if ((fault.when ?? 'before') !== when) continue;
      if (fault.service !== undefined && fault.service !== service) continue;
      if (fault.action !== undefined && fault.action !== action) continue;
      if (fault.times !== undefined && standing.applied >= fault.times) continue;
      if (fault.match !== undefined) {
        json ??= JSON.stringify(input, bytesAsText);
        if (!json.includes(fault.match)) continue;
      }
      if (fault.probability !== undefined && this.#random.next() >= fault.probability) continue;
      standing.applied += 1;
      return fault;
    }
    return undefined;
  }
}

/** A body is matched as the text that it is; Buffers have turned themselves into number lists by now. */
function bytesAsText(this: unknown, key: string, value: unknown): unknown {
  const original =
    typeof this === 'object' && this !== null ? Object.getOwnPropertyDescriptor(this, key)?.value : undefined;
  return original instanceof Uint8Array ? Buffer.from(original).toString() : value;
}
